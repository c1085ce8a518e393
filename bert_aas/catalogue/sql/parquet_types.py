"""What Parquet files hold, as DuckDB says."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bert_aas.catalogue.contents import ParquetFiles
from bert_aas.catalogue.sql.asking import parquet_query
from bert_aas.catalogue.sql.connecting import connected
from bert_aas.catalogue.sql.spelling import literal, quoted
from bert_aas.contracts.errors import InvalidInputError


def described(
    content: ParquetFiles, given: Mapping[str, str], partitions: Mapping[str, str]
) -> tuple[dict[str, str], int]:
    """Describe files.

    Args:
        content: The files.
        given: Columns whose type the user gave.
        partitions: Columns that the names of folders give, with the types of their values.

    Returns:
        Name to SQL's name of the type, and the number of rows.

    Raises:
        InvalidInputError: If they cannot be read, or a value does not have the type that was given.
    """
    import duckdb  # noqa: PLC0415 (a tenth of a second)

    with connected() as connection:
        try:
            own = _own_columns(connection, content)
            columns = own | {name: kind for name, kind in partitions.items() if name not in own}
            found = columns | {name: given[name] for name in columns if name in given}
            return found, _rows(connection, replace(content, columns=found))
        except duckdb.Error as exc:
            said = str(exc).partition("\n")[0]
            raise InvalidInputError(f"the table cannot be read: {said}") from exc


def _own_columns(connection: Any, content: ParquetFiles) -> dict[str, str]:
    files = ", ".join(literal(str(path)) for path in content.paths)
    query = f"read_parquet([{files}], union_by_name = true, hive_partitioning = false)"
    rows = connection.execute(f"DESCRIBE SELECT * FROM {query}").fetchall()
    return {str(row[0]): str(row[1]) for row in rows}


def _rows(connection: Any, content: ParquetFiles) -> int:
    """Read every column that is cast once, and count the rows."""
    counted = ", ".join(f"count({quoted(name)})" for name in content.columns)
    found = connection.execute(f"SELECT count(*), {counted} FROM ({parquet_query(content)})")
    return int(found.fetchone()[0])
