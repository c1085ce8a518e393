"""Tables that `bert-aas predict` reads and writes: CSV, TSV, JSON lines, Parquet."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bert_aas.tables.parquet import open_parquet
from models.errors import InvalidInputError

FORMATS = (".csv", ".tsv", ".jsonl", ".parquet")
_FIELD_LIMIT = 2**31 - 1


@dataclass(frozen=True)
class Table:
    """Rows with named columns.

    Attributes:
        source: The file, for messages.
        columns: Column names in order.
        rows: One mapping per row.
    """

    source: Path
    columns: tuple[str, ...]
    rows: list[dict[str, Any]]

    def texts(self, column: str) -> list[str]:
        """Return one column as texts; a missing value is an empty text.

        Args:
            column: Its name.

        Returns:
            One text per row.

        Raises:
            InvalidInputError: If there is no such column.
        """
        if column not in self.columns:
            known = ", ".join(self.columns) or "none"
            raise InvalidInputError(f"{self.source} has no column {column!r}; it has {known}")
        values = (row.get(column) for row in self.rows)
        return ["" if value is None else str(value) for value in values]

    def with_columns(self, added: Mapping[str, Sequence[Any]]) -> "Table":
        """Return a table with more columns.

        Args:
            added: Column name to values, one per row.

        Returns:
            The same rows in the same order.

        Raises:
            InvalidInputError: If a column of that name is there already.
        """
        for name in added:
            if name in self.columns:
                raise InvalidInputError(f"{self.source} already has a column {name!r}; rename it")
        rows = [
            {**row, **{name: values[place] for name, values in added.items()}}
            for place, row in enumerate(self.rows)
        ]
        return replace(self, columns=(*self.columns, *added), rows=rows)


def read_table(path: Path) -> Table:
    """Read a table.

    Args:
        path: A file with one of the known extensions.

    Returns:
        Its rows.

    Raises:
        InvalidInputError: If it cannot be read.
    """
    suffix = _suffix(path)
    try:
        if suffix == ".parquet":
            return _read_parquet(path)
        with path.open(encoding="utf-8-sig", newline="") as file:
            if suffix == ".jsonl":
                return _from_rows(path, [json.loads(line) for line in file if line.strip()])
            csv.field_size_limit(_FIELD_LIMIT)
            return _read_delimited(
                path, csv.reader(file, delimiter=_delimiter(suffix), strict=True)
            )
    except OSError as exc:
        raise InvalidInputError(f"{path} cannot be read: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise InvalidInputError(f"{path} is not UTF-8: byte {exc.start} cannot be decoded") from exc
    except (json.JSONDecodeError, csv.Error) as exc:
        raise InvalidInputError(f"{path} is not a {suffix[1:]} file: {exc}") from exc


def check_output(path: Path) -> None:
    """Refuse a file that `write_table` could not write, before the rows are made.

    Args:
        path: The file to be written.

    Raises:
        InvalidInputError: If its extension is unknown, or its folder is not there.
    """
    _suffix(path)
    if not path.parent.is_dir():
        raise InvalidInputError(f"{path} cannot be written: its folder does not exist")


def write_table(table: Table, path: Path) -> None:
    """Write a table all at once.

    Args:
        table: The rows.
        path: A file with one of the known extensions.

    Raises:
        InvalidInputError: If the file cannot be written.
    """
    suffix = _suffix(path)
    aside = path.with_name(f".{path.name}.new")
    try:
        if suffix == ".parquet":
            _write_parquet(table, aside)
        else:
            with aside.open("w", encoding="utf-8", newline="") as file:
                if suffix == ".jsonl":
                    lines = (_json_line(row) for row in table.rows)
                    file.writelines(f"{line}\n" for line in lines)
                else:
                    writer = csv.DictWriter(file, table.columns, delimiter=_delimiter(suffix))
                    writer.writeheader()
                    writer.writerows(table.rows)
        aside.replace(path)
    except OSError as exc:
        raise InvalidInputError(f"{path} cannot be written: {exc.strerror or exc}") from exc
    finally:
        aside.unlink(missing_ok=True)


def _json_line(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, default=str)  # dates come from Parquet files


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise InvalidInputError(f"{path} has an unknown extension; known are {', '.join(FORMATS)}")
    return suffix


def _delimiter(suffix: str) -> str:
    return "\t" if suffix == ".tsv" else ","


def _read_delimited(path: Path, reader: Any) -> Table:
    columns = tuple(next(reader, ()))
    for name in columns:
        if columns.count(name) > 1:
            raise InvalidInputError(f"{path} has the column {name!r} twice; rename one")
    rows = []
    for values in reader:
        if not values:
            continue
        if len(values) != len(columns):
            raise InvalidInputError(
                f"{path}, line {reader.line_num}: {len(values)} fields, but the header has "
                f"{len(columns)}"
            )
        rows.append(dict(zip(columns, values, strict=True)))
    return Table(path, columns, rows)


def _from_rows(path: Path, rows: list[dict[str, Any]]) -> Table:
    if not all(isinstance(row, dict) for row in rows):
        raise InvalidInputError(f"{path} has a line that is not a JSON object")
    columns = dict.fromkeys(name for row in rows for name in row)
    return Table(path, tuple(columns), rows)


def _read_parquet(path: Path) -> Table:
    with path.open("rb") as file:
        opened = open_parquet(file, str(path))
        from bert_aas.tables.arrow import pa

        try:
            table = opened.read()
        except pa.ArrowException as exc:
            raise InvalidInputError(f"{path} is not a Parquet file, or is damaged.") from exc
    return Table(path, tuple(table.column_names), table.to_pylist())


def _write_parquet(table: Table, path: Path) -> None:
    from bert_aas.tables.arrow import pa, parquet

    columns = {name: [row.get(name) for row in table.rows] for name in table.columns}
    with path.open("wb") as file:
        parquet.write_table(pa.table(columns), file)
