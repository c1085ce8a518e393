"""Write a table with columns added: the output is opened and filled as far as possible first."""

import bz2
import csv
import gzip
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.sources import Format, format_of
from bert_aas.tables.table import Table, appended

_PACKERS: dict[str, Callable[[BinaryIO], Any]] = {
    ".gz": lambda stream: gzip.GzipFile(fileobj=stream, mode="wb"),
    ".bz2": lambda stream: bz2.BZ2File(stream, "wb"),
}
_KNOWN = ".csv, .tsv, .jsonl, .ndjson (.gz or .bz2 after it to compress) and .parquet"


@dataclass(frozen=True, slots=True)
class NewColumn:
    """A column that is added to a table.

    Attributes:
        name: Its name.
        values: One per row.
        numbers: Whether they are numbers; a table without rows does not show it.
    """

    name: str
    values: Sequence[str] | Sequence[float]
    numbers: bool = False


Added = Sequence[NewColumn]


class Output:
    """A file to be written, with the rows of its table in the right form already."""

    def __init__(self, path: Path, table: Table) -> None:
        """Bring a table into the form of a file.

        Args:
            path: The file to write.
            table: The rows.

        Raises:
            InvalidInputError: If the format cannot hold the table.
        """
        self._path = path
        self._format = output_format(path)
        self._table = table
        self._rows = _PREPARED[self._format](table)

    def write(self, stream: BinaryIO, added: Added) -> None:
        """Write the rows with more columns.

        Args:
            stream: Where to write.
            added: The columns.
        """
        packer = _PACKERS.get(self._path.suffix.lower())
        if packer is None:
            self._write(stream, added)
            return
        with packer(stream) as packed:
            self._write(packed, added)

    def _write(self, stream: BinaryIO, added: Added) -> None:
        if self._format == "parquet":
            _write_arrow(self._rows, stream, added)
            return
        text = io.TextIOWrapper(stream, "utf-8", newline="")
        names = [column.name for column in added]
        rows = list(zip(*(column.values for column in added), strict=True))
        rows = rows if added else [()] * len(self._table)
        if self._format == "jsonl":
            for line, values in zip(self._rows, rows, strict=True):
                text.write(appended(line, dict(zip(names, values, strict=True))) + "\n")
        else:
            writer = csv.writer(text, delimiter=self._separator())
            writer.writerow([*self._table.columns, *names])
            writer.writerows([*row, *values] for row, values in zip(self._rows, rows, strict=True))
        text.detach()

    def _separator(self) -> str:
        """Keep the input's separator in a file of the same kind."""
        usual = "\t" if self._format == "tsv" else ","
        kept = self._table.separator or usual
        return usual if self._format == "tsv" or kept == "\t" else kept


def output_format(path: Path) -> Format:
    """Tell the format of a file to write by its name.

    Args:
        path: The file.

    Returns:
        CSV, TSV, JSON lines or Parquet.

    Raises:
        InvalidInputError: If the extension is another one.
    """
    found = format_of(path.name)
    packed = path.suffix.lower() in _PACKERS
    if (
        found in {None, "tfrecord"}
        or path.suffix.lower() == ".zip"
        or (found == "parquet" and packed)
    ):
        raise InvalidInputError(f"{path} has an unknown extension; known are {_KNOWN}")
    return found


def check_names(table: Table, added: Sequence[str]) -> None:
    """Refuse a table that has a column of a name that is to be added.

    Args:
        table: The rows.
        added: The names.

    Raises:
        InvalidInputError: If there is one.
    """
    taken = next((name for name in added if name in table.columns), None)
    if taken is not None:
        raise InvalidInputError(f"{table.called} already has a column '{taken}'; rename it.")


def _prepared_arrow(table: Table) -> Any:
    """Make the Arrow table, and let the writer look at its types."""
    from bert_aas.tables.arrow import pa  # noqa: PLC0415 (a third of a second)

    made = table.as_arrow()
    try:
        _write_arrow(made.slice(0, 0), io.BytesIO(), ())
    except pa.ArrowException as exc:
        raise InvalidInputError(
            f"{table.called}: a column has a type that Parquet cannot hold ({exc}); write a .jsonl "
            "file."
        ) from exc
    return made


def _write_arrow(table: Any, stream: BinaryIO, added: Added) -> None:
    from bert_aas.tables.arrow import pa, parquet  # noqa: PLC0415 (a third of a second)

    for column in added:
        values = pa.array(column.values, pa.float64() if column.numbers else pa.string())
        table = table.append_column(column.name, values)
    parquet.write_table(table, stream, version="2.6")  # older versions lack nanoseconds


_PREPARED: dict[Format, Callable[[Table], Any]] = {
    "csv": lambda table: table.as_fields(),
    "tsv": lambda table: table.as_fields(),
    "jsonl": lambda table: table.as_lines(),
    "parquet": _prepared_arrow,
}
