"""Say in one sentence why DuckDB refused a query."""

import re
from typing import Any

from bert_aas.contracts.errors import InvalidInputError

_KIND = re.compile(r"^[A-Z][A-Za-z ]* Error: ")
_CANDIDATES = re.compile(r"Candidate (?:bindings|functions|Entries): *(.*)", re.IGNORECASE)
_MEANT = re.compile(r'Did you mean "([^"]+)"')
_COLUMN = re.compile(r'Referenced column "(.+)" not found in FROM clause')
_MOST_CANDIDATES = 5
_OUTSIDE = (
    "a query reads what is catalogued and no other file; "
    "`bert-aas catalog add NAME PATH` gives a file a name"
)


def refusal(error: Any, limits: Any) -> InvalidInputError:
    """Make an error of DuckDB one that a user can mend.

    Args:
        error: A `duckdb.Error`.
        limits: The limits of the query.

    Returns:
        The error to raise.
    """
    kind = type(error).__name__
    if kind == "OutOfMemoryException":
        return InvalidInputError(
            f"the query needs more memory than it may have ({limits.memory}); give it more "
            "(--memory-limit), or ask for less"
        )
    if kind == "InterruptException":
        return InvalidInputError(too_slow(limits))
    if kind == "PermissionException":
        return InvalidInputError(_OUTSIDE)
    return InvalidInputError(f"the query cannot be answered: {_said(str(error))}")


def too_slow(limits: Any) -> str:
    """Say that the time is up."""
    return (
        f"the query took longer than it may ({limits.seconds:g} s); give it more (--timeout), or "
        "ask for less"
    )


def _said(message: str) -> str:
    """Give the first line of a message, and the names that DuckDB suggests."""
    first = _KIND.sub("", message.partition("\n")[0]).rstrip("!. ")
    column = _COLUMN.match(first)
    if column:
        first = f'there is no column "{column[1]}"'
    suggested = _MEANT.search(message) or _CANDIDATES.search(message)
    if not suggested:
        return first
    near = [one.strip() for one in suggested[1].split(",")][:_MOST_CANDIDATES]
    return f"{first}; near it: {', '.join(near)}" if any(near) else first
