"""What SQL can be asked about: tables by name, opened only if a query names them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from bert_aas.catalogue.names import TableName


@dataclass(frozen=True)
class Batches:
    """Rows as Arrow's record batches, read once from the start to the end.

    Attributes:
        schema: Arrow's schema.
        batches: Starts to read.
        casts: Columns that become another type in SQL, with its name.
    """

    schema: Any
    batches: Callable[[], Iterator[Any]]
    casts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ParquetFiles:
    """Rows of Parquet files, read by DuckDB itself.

    Attributes:
        paths: The files.
        columns: Name to SQL's name of the type, in their order.
        partitions: Which of the columns the names of folders give.
    """

    paths: tuple[Path, ...]
    columns: Mapping[str, str]
    partitions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Queried:
    """A query over other tables, under a name.

    Attributes:
        query: DuckDB's SQL. The tables that it names are opened, too.
    """

    query: str


Content = Batches | ParquetFiles | Queried


@dataclass(frozen=True)
class Offered:
    """A table that can be asked.

    Attributes:
        name: What SQL calls it.
        kind: `table`, `runs`, `split`, `features` or `captured`.
        summary: What it holds, in a few words.
        open: Finds its content.
    """

    name: TableName
    kind: str
    summary: str
    open: Callable[[], Content]


class Provider(Protocol):
    """Offers tables."""

    def find(self, name: TableName) -> Offered | None:
        """Find a table by its name, in whatever case it is spelt."""

    def offered(self) -> Iterable[Offered]:
        """List all tables."""
