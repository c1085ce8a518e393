"""The version of the project, written in this one place.

No module that a node executes imports this one; `bert_aas.__version__` looks it up by its name. So
the number is in no node's cache key, and a new one runs nothing again.
"""

VERSION = "0.2.0"
