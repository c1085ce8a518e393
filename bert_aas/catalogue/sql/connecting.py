"""The one place that opens DuckDB: in this process's memory, within a limit."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from bert_aas.catalogue.sql.spelling import literal

MEMORY: Final = "2GB"
"""How much memory DuckDB takes, unless a user says otherwise."""


@contextmanager
def connected(memory: str = MEMORY) -> Iterator[Any]:
    """Open DuckDB without tables; times are in UTC.

    Args:
        memory: A size with its unit; beyond it DuckDB writes to a folder for temporary files, which
            is removed in the end.

    Yields:
        The connection, while the block lasts.
    """
    import duckdb  # noqa: PLC0415 (a tenth of a second)

    with (
        tempfile.TemporaryDirectory(prefix="bert-aas-sql-") as spill,
        duckdb.connect(":memory:") as connection,
    ):
        connection.execute("SET python_enable_replacements = false")
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"SET memory_limit = '{memory}'")
        connection.execute(f"SET temp_directory = {literal(spill)}")
        yield connection
