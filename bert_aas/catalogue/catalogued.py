"""The tables of the catalogue, for SQL."""

from collections.abc import Iterator
from pathlib import Path

from bert_aas.catalogue.contents import Batches, Content, Offered, ParquetFiles
from bert_aas.catalogue.entries import TableEntry
from bert_aas.catalogue.files import unchanged_files
from bert_aas.catalogue.names import TableName, table_name
from bert_aas.catalogue.scanning import Scan, text_batches, text_schema
from bert_aas.catalogue.store import Catalogue


class CataloguedTables:
    """Offers the tables of a catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Take the catalogue; nothing is read yet."""
        self._catalogue = catalogue

    def find(self, name: TableName) -> Offered | None:
        """Find a table by its name, in whatever case it is spelt."""
        found = self._catalogue.tables().get(name.key)
        return self._offer(found) if found else None

    def offered(self) -> Iterator[Offered]:
        """List all tables."""
        yield from map(self._offer, self._catalogue.tables().values())

    def _offer(self, entry: TableEntry) -> Offered:
        summary = f"{entry.rows:,} rows of {entry.path}"
        name = table_name(entry.name)
        return Offered(name, "table", summary, lambda: content_of(entry, self._catalogue.project))


def content_of(entry: TableEntry, project: Path) -> Content:
    """Open a table.

    Args:
        entry: The table.
        project: The folder that its paths are relative to.

    Returns:
        Its rows.

    Raises:
        InvalidInputError: If a file has changed or gone.
    """
    files = unchanged_files(entry, project)
    if entry.format == "parquet":
        partitions = dict.fromkeys(name for file in files for name, _ in file.partitions)
        paths = tuple(project / state.path for state in entry.files)
        return ParquetFiles(paths, entry.columns, tuple(partitions))
    columns = list(entry.columns)
    scan = Scan(files, skip_bad_rows=entry.skip_bad_rows)
    return Batches(text_schema(columns), lambda: text_batches(scan, columns), entry.columns)
