"""Settings of the Python interpreter that keep answers fast while models load and unload."""

import gc
import sys

# A thread that comes back from TensorFlow waits this long at most for a busy one to make way; with
# Python's 5 ms, each of the few hand-offs of a request could cost as much as a short text itself.
_SWITCH_INTERVAL_S = 0.0005


def tune_interpreter() -> None:
    """Shorten the waits between threads, and leave start-up's objects out of garbage collection."""
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    gc.collect()
    gc.freeze()
