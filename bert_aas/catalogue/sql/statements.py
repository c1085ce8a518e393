"""Look at a statement before it runs: is it one query, in DuckDB's SQL, and what does it name?"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bert_aas.catalogue.names import MAIN, TableName
from bert_aas.contracts.errors import InvalidInputError

DUCKDB = "duckdb"
DIALECTS = (DUCKDB, "athena", "presto", "trino", "spark", "hive", "postgres", "bigquery")
"""What a query may be written in; sqlglot turns the others into DuckDB's."""

_BUILT_IN = ("duckdb_", "pg_", "sqlite_", "pragma_")
_BUILT_IN_SCHEMAS = {"information_schema", "pg_catalog"}


@dataclass(frozen=True)
class Statement:
    """A query.

    Attributes:
        text: DuckDB's SQL.
        tables: The tables that it names, without those of DuckDB itself.
        own: What it calls tables itself (WITH), in lower case.
    """

    text: str
    tables: tuple[TableName, ...]
    own: frozenset[str]


def read_statement(text: str, dialect: str, connection: Any) -> Statement:
    """Check a statement.

    Args:
        text: What the user gave.
        dialect: One of `DIALECTS`.
        connection: DuckDB's, whose own parser looks at it.

    Returns:
        The query.

    Raises:
        InvalidInputError: If it is not one query.
    """
    query = text if dialect == DUCKDB else _translated(text, dialect)
    asked = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [query]).fetchone()
    parsed = json.loads(asked[0])
    if parsed["error"]:
        raise InvalidInputError(_refused(parsed, query))
    if len(parsed["statements"]) != 1:
        raise InvalidInputError(
            f"give one query; these are {len(parsed['statements'])}"
            if parsed["statements"]
            else "there is no query; give one, such as SELECT * FROM runs"
        )
    own = frozenset(name.casefold() for name in _with_names(parsed))
    return Statement(query, tuple(dict.fromkeys(_tables(parsed))), own)


def _translated(text: str, dialect: str) -> str:
    import sqlglot  # noqa: PLC0415 (half a second, for other dialects alone)
    from sqlglot.errors import SqlglotError  # noqa: PLC0415

    try:
        queries = sqlglot.transpile(text, read=dialect, write=DUCKDB)
    except SqlglotError as exc:
        listed = getattr(exc, "errors", None) or [{}]
        place = f" at line {listed[0]['line']}, column {listed[0]['col']}" if listed[0] else ""
        near = f" near '{listed[0]['highlight']}'" if listed[0].get("highlight") else ""
        raise InvalidInputError(f"the query is no {dialect} SQL{place}{near}") from exc
    return "; ".join(query for query in queries if query)


def _refused(parsed: dict[str, Any], query: str) -> str:
    if parsed["error_type"] != "parser":
        return "only queries are allowed here: SELECT, or WITH … SELECT; tables are never changed"
    message = str(parsed["error_message"]).partition("\n")[0]
    before = query[: int(parsed.get("position") or 0)]
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return f"the query cannot be read: {message} (line {line}, column {column})"


def _tables(parsed: Any) -> Iterator[TableName]:
    for node in _nodes(parsed):
        if node.get("type") != "BASE_TABLE":
            continue
        schema, name = str(node["schema_name"]), str(node["table_name"])
        if schema.casefold() in _BUILT_IN_SCHEMAS or node["catalog_name"]:
            continue
        if schema or not name.casefold().startswith(_BUILT_IN):
            yield TableName(schema or MAIN, name)


def _with_names(parsed: Any) -> Iterator[str]:
    for node in _nodes(parsed):
        listed = node.get("cte_map")
        if isinstance(listed, dict):
            yield from (str(one["key"]) for one in listed.get("map", ()))


def _nodes(found: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of a tree, without a limit to its depth."""
    left = [found]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            yield one
            left += reversed(one.values())
        elif isinstance(one, list):
            left += reversed(one)
