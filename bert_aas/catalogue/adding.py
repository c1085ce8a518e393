"""Add a table: find its files, read all rows once, write down what they hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from bert_aas.catalogue.contents import ParquetFiles
from bert_aas.catalogue.entries import TableEntry
from bert_aas.catalogue.files import kept_path, states
from bert_aas.catalogue.names import alike, table_name
from bert_aas.catalogue.scanning import Scan, cell
from bert_aas.catalogue.store import Catalogue, taken
from bert_aas.catalogue.types import Cell, ColumnTypes, fits, given_type
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.finding import TablePath, find_local
from bert_aas.tables.sources import ReadOptions, SourceFile, is_local


@dataclass(frozen=True)
class NewTable:
    """A table to add.

    Attributes:
        name: What SQL will call it.
        path: A file, a folder or a pattern.
        types: Columns whose type is given, as the user spelt it.
        options: How to read the files.
        skip_bad_rows: Leave rows out that cannot be read; else they are refused.
        replace: Whether a table of this name may be there.
    """

    name: str
    path: str
    types: Mapping[str, str] = field(default_factory=dict)
    options: ReadOptions = field(default_factory=ReadOptions)
    skip_bad_rows: bool = False
    replace: bool = False


def add_table(new: NewTable, catalogue: Catalogue) -> TableEntry:
    """Add a table to the catalogue.

    Args:
        new: The table.
        catalogue: Where it will be listed.

    Returns:
        What was written down.

    Raises:
        InvalidInputError: If there is no such table, it cannot be read, its values do not have the
            types that were given, or the name is taken.
    """
    if table_name(new.name).key in catalogue.tables() and not new.replace:
        raise InvalidInputError(taken(new.name))
    entry = look_at(new, catalogue.project)
    catalogue.add(entry, replace=new.replace)
    return entry


def look_at(new: NewTable, project: Path) -> TableEntry:
    """Read all rows of a table once.

    Args:
        new: The table.
        project: The folder that paths are relative to.

    Returns:
        What it holds.

    Raises:
        InvalidInputError: If there is no such table, it cannot be read, or its values do not have
            the types that were given.
    """
    name = table_name(new.name)
    given = {column: given_type(kind) for column, kind in new.types.items()}
    if not is_local(new.path):
        raise InvalidInputError(f"'{new.path}' is not on this machine; copy the table here first")
    files = find_local(TablePath(new.path, "the table", options=new.options))
    if files[0].format == "tfrecord":
        raise InvalidInputError(
            f"'{new.path}' is TFRecord; SQL reads the splits of runs by themselves (splits.train), "
            "and CSV, TSV, JSON lines and Parquet as tables"
        )
    before = states(files, project)
    columns, rows, skipped = _Looked(files, given, new).at_all()
    return TableEntry(
        name=str(name),
        path=kept_path(Path(new.path.removeprefix("file://")).expanduser(), project),
        format=files[0].format,
        encoding=new.options.encoding,
        separator=new.options.separator,
        quoting=new.options.quoting,
        skip_bad_rows=new.skip_bad_rows,
        columns=columns,
        rows=rows,
        skipped=skipped,
        added=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        files=before,
    )


class _Looked:
    """Looks at all rows of a table's files."""

    def __init__(
        self, files: Sequence[SourceFile], given: Mapping[str, str], new: NewTable
    ) -> None:
        self._files, self._given, self._new = files, given, new

    def at_all(self) -> tuple[dict[str, str], int, int]:
        """Give the columns with their types, the number of rows, and of those left out."""
        if self._files[0].format == "parquet":
            columns, rows = self._parquet()
            return columns, rows, 0
        scan = Scan(self._files, skip_bad_rows=self._new.skip_bad_rows)
        types = ColumnTypes(texts_have_types=self._files[0].is_delimited())
        for file, batch in scan.batches():
            names = dict.fromkeys(name for row in batch for name in row)
            for name in names:
                values = [cell(row.get(name)) for row in batch]
                if name in self._given:
                    self._check(name, values, file)
                types.add(name, values)
        if not types.found:
            raise InvalidInputError(f"'{self._new.path}' has no rows, so nothing says its columns")
        found = types.names()
        self._check_names(found)
        return (
            found | {name: self._given[name] for name in found if name in self._given},
            (scan.rows),
            scan.skipped,
        )

    def _check(self, name: str, values: Sequence[Cell], file: SourceFile) -> None:
        wanted = self._given[name]
        wrong = next((value for value in values if not fits(value, wanted)), None)
        if wrong is not None:
            raise InvalidInputError(
                f"{file.called}: the column '{name}' holds {wrong!r}, which is no "
                f"{wanted}; give it another type (--type {name}=text)"
            )

    def _check_names(self, found: Mapping[str, str]) -> None:
        unknown = next((name for name in self._given if name not in found), None)
        if unknown is not None:
            raise InvalidInputError(
                f"'{self._new.path}' has no column '{unknown}'{alike(unknown, found)}; its columns "
                f"are {', '.join(found)}"
            )

    def _parquet(self) -> tuple[dict[str, str], int]:
        from bert_aas.catalogue.sql.parquet_types import described  # noqa: PLC0415 (DuckDB)

        partitions = ColumnTypes(texts_have_types=True)
        for file in self._files:
            for name, value in file.partitions:
                partitions.add(name, [value])
        paths = tuple(Path(file.path).absolute() for file in self._files)
        content = ParquetFiles(paths, {}, tuple(partitions.found))
        found, rows = described(content, self._given, partitions.names())
        self._check_names(found)
        return found, rows
