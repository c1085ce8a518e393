"""The tables of runs, whose reader (ML Metadata) is loaded when a query names one of them."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from bert_aas.catalogue.contents import Offered, Provider
from bert_aas.catalogue.names import LAST_RUN, MAIN, RUN_TABLES, TableName, run_number


class LateRunTables:
    """Offers what `RunTables` offers."""

    def __init__(self, folders: Callable[[], Sequence[str]]) -> None:
        """Take the folders.

        Args:
            folders: Finds them.
        """
        self._folders = folders

    def find(self, name: TableName) -> Offered | None:
        """Find a table by its name, in whatever case it is spelt."""
        schema, table = name.key
        named = table in RUN_TABLES if schema == MAIN else schema == LAST_RUN
        return self._tables.find(name) if named or run_number(schema) else None

    def offered(self) -> Iterator[Offered]:
        """List all tables."""
        if self._folders():
            yield from self._tables.offered()

    @cached_property
    def _tables(self) -> Provider:
        from pipeline.querying.run_tables import RunTables

        return RunTables(self._folders)
