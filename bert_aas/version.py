"""The version of the project: the one place that says it.

No module imports this one. `bert_aas.__version__` looks it up when asked, so that a new number is
in no node's cache key: it alone runs nothing again.
"""

VERSION = "0.2.0"
