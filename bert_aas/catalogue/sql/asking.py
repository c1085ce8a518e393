"""Ask a query: open the tables that it names, lock DuckDB, run it within its limits."""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from bert_aas.catalogue.contents import Batches, Offered, ParquetFiles, Provider, Queried
from bert_aas.catalogue.names import MAIN, TableName, alike
from bert_aas.catalogue.sql.connecting import MEMORY, connected
from bert_aas.catalogue.sql.refusals import refusal, too_slow
from bert_aas.catalogue.sql.spelling import literal, quoted
from bert_aas.catalogue.sql.statements import DIALECTS, DUCKDB, Statement, read_statement
from bert_aas.contracts.errors import InvalidInputError

_SIZE = re.compile(r"[0-9]+(?:\.[0-9]+)? ?(?:[KMGT]i?B)", re.IGNORECASE)
_INCOMING = "incoming_batches"
_ROWS = 2048


@dataclass(frozen=True)
class Limits:
    """What a query may take.

    Attributes:
        memory: A size with its unit; beyond it DuckDB writes to a folder for temporary files.
        seconds: Time, that of reading the tables included.
    """

    memory: str = MEMORY
    seconds: float = 600.0

    def __post_init__(self) -> None:
        """Refuse what is no limit."""
        if not _SIZE.fullmatch(self.memory):
            raise InvalidInputError(
                f"the memory limit '{self.memory}' is no size; give a number and a unit, such as "
                "500MB or 4GB"
            )
        if not 0 < self.seconds < threading.TIMEOUT_MAX:
            raise InvalidInputError(f"the time limit {self.seconds:g} is no number of seconds")


class Answer:
    """The rows that answer a query; they can be read once, while the query is open.

    Attributes:
        columns: Their names.
        types: DuckDB's names of their types.
    """

    def __init__(self, result: Any, guarded: Any) -> None:
        """Take what DuckDB found.

        Args:
            result: DuckDB's connection after the query.
            guarded: Makes a context in which DuckDB's errors become sentences.
        """
        self._result, self._guarded = result, guarded
        self.columns = tuple(str(column[0]) for column in result.description)
        self.types = tuple(str(column[1]) for column in result.description)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows as Python's values."""
        while rows := self._fetched(self._result.fetchmany, _ROWS):
            yield from rows

    def frame(self) -> Any:
        """Give all rows as a pandas DataFrame."""
        return self._fetched(self._result.df)

    def batches(self) -> tuple[Any, Iterator[Any]]:
        """Give the rows as Arrow's schema and record batches."""
        reader = self._fetched(self._result.to_arrow_reader, _ROWS)
        return reader.schema, self._read(iter(reader))

    def _read(self, reader: Iterator[Any]) -> Iterator[Any]:
        while (batch := self._fetched(next, reader, None)) is not None:
            yield batch

    def _fetched(self, fetch: Any, *arguments: Any) -> Any:
        with self._guarded():
            return fetch(*arguments)


@contextmanager
def asked(
    query: str, providers: Sequence[Provider], limits: Limits, dialect: str = DUCKDB
) -> Iterator[Answer]:
    """Ask a query.

    Args:
        query: One query; nothing else is allowed.
        providers: Who offers tables; the first that knows a name has it.
        limits: What the query may take.
        dialect: The SQL that it is written in.

    Yields:
        The answer, while the block lasts.

    Raises:
        InvalidInputError: If it is no query, names what is not there, or takes too much.
    """
    import duckdb  # noqa: PLC0415 (a tenth of a second)

    if dialect not in DIALECTS:
        raise InvalidInputError(f"the dialect '{dialect}' is not known; {', '.join(DIALECTS)} are")
    with ExitStack() as stack:
        with _sentences(duckdb.Error, limits):
            connection = stack.enter_context(connected(limits.memory))
        watch = stack.enter_context(_Watch(connection, limits))
        guarded = partial(_sentences, duckdb.Error, limits, watch.check)
        with guarded():
            statement = read_statement(query, dialect, connection)
            _Opening(connection, providers).open_all(statement)
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            watch.check()
            result = connection.execute(statement.text)
        yield Answer(result, guarded)


class _Watch:
    """Interrupts DuckDB when the time is up."""

    def __init__(self, connection: Any, limits: Limits) -> None:
        self._limits = limits
        self._up = False
        self._connection = connection
        self._timer = threading.Timer(limits.seconds, self._ring)
        self._timer.daemon = True

    def __enter__(self) -> "_Watch":
        self._timer.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._timer.cancel()
        self._timer.join()

    def check(self) -> None:
        """Refuse to go on when the time is up: DuckDB forgets that it was interrupted idle."""
        if self._up:
            raise InvalidInputError(too_slow(self._limits))

    def _ring(self) -> None:
        self._up = True
        self._connection.interrupt()


@contextmanager
def _sentences(
    errors: type[Exception], limits: Limits, check: Callable[[], None] = lambda: None
) -> Iterator[None]:
    check()
    try:
        yield
    except errors as exc:
        raise refusal(exc, limits) from exc


class _Opening:
    """Makes the tables of a query in DuckDB."""

    def __init__(self, connection: Any, providers: Sequence[Provider]) -> None:
        self._connection = connection
        self._providers = providers
        self._done: set[tuple[str, str]] = set()
        self._files: list[str] = []

    def open_all(self, statement: Statement) -> None:
        """Open the tables that a query names, and allow their files."""
        self._open(statement)
        listed = ", ".join(self._files)
        self._connection.execute(f"SET allowed_paths = [{listed}]")

    def _open(self, statement: Statement) -> None:
        for name in statement.tables:
            if name.key in self._done:
                continue
            self._done.add(name.key)
            found = self._find(name)
            if found is not None:
                self._make(found)
            elif name.schema != MAIN or name.name.casefold() not in statement.own:
                raise InvalidInputError(self._unknown(name))

    def _find(self, name: TableName) -> Offered | None:
        found = (provider.find(name) for provider in self._providers)
        return next((one for one in found if one is not None), None)

    def _unknown(self, name: TableName) -> str:
        known = [str(one.name) for provider in self._providers for one in provider.offered()]
        cure = alike(str(name), known) or "; `bert-aas catalog list` shows what can be asked"
        return f"there is no table {name}{cure}"

    def _make(self, found: Offered) -> None:
        content = found.open()
        if found.name.schema != MAIN:
            self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(found.name.schema)}")
        target = f"{quoted(found.name.schema)}.{quoted(found.name.name)}"
        if isinstance(content, Batches):
            self._read(target, content)
        elif isinstance(content, ParquetFiles):
            self._files += [literal(str(path)) for path in content.paths]
            self._connection.execute(f"CREATE VIEW {target} AS {parquet_query(content)}")
        elif isinstance(content, Queried):
            self._open(read_statement(content.query, DUCKDB, self._connection))
            self._connection.execute(f"CREATE VIEW {target} AS {content.query}")

    def _read(self, target: str, content: Batches) -> None:
        """Copy batches, as a query may read its table more than once."""
        from bert_aas.catalogue.sql.arrow_streams import StreamedOnce  # noqa: PLC0415 (pyarrow)

        columns = ", ".join(_cast(name, content.casts.get(name)) for name in content.schema.names)
        stream = StreamedOnce(content)
        self._connection.register(_INCOMING, stream)
        try:
            self._connection.execute(f"CREATE TABLE {target} AS SELECT {columns} FROM {_INCOMING}")
        except Exception as exc:
            if isinstance(stream.error, Exception):  # DuckDB keeps its message alone
                raise stream.error from exc
            raise
        finally:
            self._connection.unregister(_INCOMING)


def parquet_query(content: ParquetFiles) -> str:
    """Write the query that reads Parquet files.

    Args:
        content: The files.

    Returns:
        DuckDB's SQL.
    """
    columns = ", ".join(_cast(name, kind) for name, kind in content.columns.items())
    files = ", ".join(literal(str(path)) for path in content.paths)
    return (
        f"SELECT {columns} FROM read_parquet([{files}], union_by_name = true, "
        f"hive_partitioning = {bool(content.partitions)}, hive_types_autocast = false)"
    )


def _cast(name: str, kind: str | None) -> str:
    return f"CAST({quoted(name)} AS {kind}) AS {quoted(name)}" if kind else quoted(name)
