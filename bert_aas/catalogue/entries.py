"""What the catalogue knows of a table: where its files are, how they are read, what they hold."""

from pydantic import Field

from bert_aas.contracts.params import FrozenParams
from bert_aas.tables.sources import Format, Quoting, ReadOptions


class FileState(FrozenParams):
    """A file of a table, as it was when the table was added.

    Attributes:
        path: Where it is: absolute, or relative to the folder of the project.
        size: Bytes.
        modified_ns: Time of its last change, nanoseconds since 1970.
        sha256: Of its content.
        partitions: Columns that its folders give, and their value for all its rows.
    """

    path: str
    size: int
    modified_ns: int
    sha256: str
    partitions: dict[str, str | None] = Field(default_factory=dict)


class TableEntry(FrozenParams):
    """A table.

    Attributes:
        name: What SQL calls it.
        path: What the user gave: a file, a folder or a pattern.
        format: How its rows are written.
        encoding: See `ReadOptions`.
        separator: See `ReadOptions`.
        quoting: See `ReadOptions`.
        skip_bad_rows: Whether rows that cannot be read are left out.
        columns: Name to SQL's name of the type.
        rows: How many rows it had.
        skipped: How many rows were left out.
        added: When it was added, UTC.
        files: Its files.
    """

    name: str
    path: str
    format: Format
    encoding: str = "auto"
    separator: str = "auto"
    quoting: Quoting = "auto"
    skip_bad_rows: bool = False
    columns: dict[str, str]
    rows: int
    skipped: int = 0
    added: str
    files: tuple[FileState, ...]

    @property
    def options(self) -> ReadOptions:
        """How to read its files."""
        return ReadOptions(self.encoding, self.separator, self.quoting)


class CatalogueFile(FrozenParams):
    """The content of the catalogue's file."""

    version: int = 1
    tables: tuple[TableEntry, ...] = ()
