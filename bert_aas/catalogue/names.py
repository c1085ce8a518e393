"""Names of tables in SQL: one name, or a schema and a name."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from bert_aas.contracts.errors import InvalidInputError

MAIN = "main"
"""The schema of names without one."""

RUN_TABLES = (
    *("runs", "nodes", "parameters", "metrics", "artifacts"),
    *("conditions", "explanations"),
)
"""What the runs of an output folder are asked for."""

LAST_RUN = "splits"
"""The schema of the splits of the last run."""

FEATURES = "features"
"""The schema of feature groups."""

CAPTURED = "captured"
"""What the requests that a model server has written down are asked for."""

_TAKEN = (*RUN_TABLES, CAPTURED)
_RESERVED = {*_TAKEN, *(f"{MAIN}.{name}" for name in _TAKEN)}
_RESERVED_SCHEMAS = {LAST_RUN, FEATURES, "information_schema", "pg_catalog", "system", "temp"}
_RUN = re.compile(r"run_([1-9][0-9]*)")
_PART = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_NEAR = 0.6


@dataclass(frozen=True, slots=True)
class TableName:
    """The name of a table.

    Attributes:
        schema: What stands before the dot; `main` if nothing does.
        name: What stands after it.
    """

    schema: str
    name: str

    def __str__(self) -> str:
        """Spell it as a query does."""
        return self.name if self.schema == MAIN else f"{self.schema}.{self.name}"

    @property
    def key(self) -> tuple[str, str]:
        """What two spellings of one name share: SQL does not tell cases apart."""
        return self.schema.casefold(), self.name.casefold()


def table_name(text: str) -> TableName:
    """Read the name of a table that a user gives.

    Args:
        text: `name` or `schema.name`.

    Returns:
        The name.

    Raises:
        InvalidInputError: If SQL could not say it without quotes, or if it is taken.
    """
    parts = text.split(".")
    if len(parts) not in {1, 2} or not all(map(_PART.fullmatch, parts)):
        raise InvalidInputError(
            f"'{text}' cannot be the name of a table: letters, digits and _, not a digit first, "
            "with one dot at most"
        )
    name = TableName(parts[0] if len(parts) > 1 else MAIN, parts[-1])
    schema, _ = name.key
    if str(name).casefold() in _RESERVED or schema in _RESERVED_SCHEMAS or _RUN.fullmatch(schema):
        raise InvalidInputError(
            f"'{text}' is a name that SQL over runs, features and captured requests uses itself; "
            "take another one"
        )
    return TableName(MAIN, name.name) if schema == MAIN else TableName(name.schema, name.name)


def run_number(schema: str) -> int | None:
    """Read the number of a run out of a schema: `run_3` is 3, others are None."""
    found = _RUN.fullmatch(schema.casefold())
    return int(found[1]) if found else None


def alike(name: str, known: Iterable[str]) -> str:
    """Suggest what a wrong name may have meant.

    Args:
        name: The name.
        known: Names that there are.

    Returns:
        A clause that begins with a semicolon, or nothing.
    """
    spelt = {one.casefold(): one for one in known}
    near = difflib.get_close_matches(name.casefold(), spelt, 3, _NEAR)
    return f"; did you mean {' or '.join(spelt[one] for one in near)}?" if near else ""
