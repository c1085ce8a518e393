"""Types of features, and what other systems call them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bert_aas.contracts.errors import InvalidInputError

TIMESTAMP = "timestamp"


@dataclass(frozen=True, slots=True)
class _Names:
    """What a type is called in DuckDB and in Feast."""

    duckdb: str
    feast: str


_SCALARS: Mapping[str, _Names] = {
    "string": _Names("VARCHAR", "String"),
    "bool": _Names("BOOLEAN", "Bool"),
    "int32": _Names("INTEGER", "Int32"),
    "int64": _Names("BIGINT", "Int64"),
    "float32": _Names("FLOAT", "Float32"),
    "float64": _Names("DOUBLE", "Float64"),
    TIMESTAMP: _Names("TIMESTAMP WITH TIME ZONE", "UnixTimestamp"),
}
_ALIASES: Mapping[str, str] = {
    **dict.fromkeys(("text", "str", "varchar"), "string"),
    "boolean": "bool",
    **dict.fromkeys(("integer", "int", "bigint"), "int64"),
    **dict.fromkeys(("float", "double"), "float64"),
    **dict.fromkeys(("datetime", "timestamptz"), TIMESTAMP),
}
_LIST = re.compile(r"list<(.+)>")
_FOUND: Mapping[str, str] = {
    "VARCHAR": "string",
    "BOOLEAN": "bool",
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT"), "int32"),
    **dict.fromkeys(("BIGINT", "UINTEGER"), "int64"),
    "FLOAT": "float32",
    "DOUBLE": "float64",
    **dict.fromkeys(("DATE", "TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"), TIMESTAMP),
}
_INTEGERS = ("int32", "int64")
_FLOATS = ("float32", "float64")


def feature_type(text: str) -> str:
    """Read a type that a user gives.

    Args:
        text: `string`, `bool`, `int32`, `int64`, `float32`, `float64`, `timestamp`, or a list of
            one of them: `list<int32>`.

    Returns:
        Our name of it.

    Raises:
        InvalidInputError: If there is no such type.
    """
    name = "".join(text.split()).casefold()
    listed = _LIST.fullmatch(name)
    inner = _ALIASES.get(listed[1] if listed else name, listed[1] if listed else name)
    if inner not in _SCALARS:
        raise InvalidInputError(
            f"'{text}' is no type of a feature; give {', '.join(_SCALARS)}, or a list of one of "
            "them, such as list<int32>"
        )
    return f"list<{inner}>" if listed else inner


def item_of(kind: str) -> str | None:
    """Give the type of a list's items; None if the type is no list."""
    listed = _LIST.fullmatch(kind)
    return listed[1] if listed else None


def duckdb_type(kind: str) -> str:
    """Give DuckDB's name of a type."""
    item = item_of(kind)
    return f"{_SCALARS[item].duckdb}[]" if item else _SCALARS[kind].duckdb


def feast_type(kind: str) -> str:
    """Give Feast's name of a type."""
    item = item_of(kind)
    return f"Array({_SCALARS[item].feast})" if item else _SCALARS[kind].feast


def arrow_type(kind: str) -> Any:
    """Give Arrow's type."""
    from bert_aas.tables.arrow import pa  # noqa: PLC0415 (a third of a second)

    item = item_of(kind)
    if item:
        return pa.list_(arrow_type(item))
    if kind == TIMESTAMP:
        return pa.timestamp("us", tz="UTC")
    return getattr(pa, {"bool": "bool_"}.get(kind, kind))()


def found_type(duckdb: str) -> str | None:
    """Give our name of a type that a table has, or None if we have none for it."""
    if duckdb.endswith("[]"):
        item = _FOUND.get(duckdb.removesuffix("[]"))
        return f"list<{item}>" if item else None
    return _FOUND.get(duckdb)


def holds(declared: str, found: str) -> bool:
    """Tell whether a feature can hold a column's values as they are.

    Args:
        declared: The type of the feature.
        found: Our name of the column's type.

    Returns:
        Whether it can. A number that is too large for it is found when it is read.
    """
    inner, given = item_of(declared), item_of(found)
    if inner and given:
        return holds(inner, given)
    if inner or given or declared == found:
        return declared == found
    return (found in _INTEGERS and declared in (*_INTEGERS, *_FLOATS)) or (
        found in _FLOATS and declared in _FLOATS
    )
