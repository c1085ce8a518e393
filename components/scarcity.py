"""Recognise in a library's message that the machine lacked memory, space or another resource.

That is no statement about a model: the next run may find enough.
"""

import re

_SHORTAGES = re.compile(
    r"resource[ _]exhausted|out of memory|\boom\b|bad_alloc|bad allocation|memoryerror"
    r"|(?:cannot|can't|can not|could not|failed to|unable to) allocate|allocation failed"
    r"|no space left|disk quota|too many open files|resource temporarily unavailable",
    re.IGNORECASE,
)


def is_shortage(message: str) -> bool:
    """Tell whether a message says that memory, disk space or handles were not enough.

    Args:
        message: What a library or a server said.

    Returns:
        True if it does.
    """
    return _SHORTAGES.search(message) is not None
