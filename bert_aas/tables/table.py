"""Whole tables in memory: each keeps the types of its file and can be written in another format."""

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.values import is_unicode, plain, spelt

_UINT64 = range(2**64)
_INT64 = range(-(2**63), 2**63)


class Table(ABC):
    """Rows with named columns, and the texts among them.

    Attributes:
        called: What messages call the table.
        columns: Column names in order.
        texts: The columns of texts that were asked for, one text per row; missing ones are empty.
        separator: What stands between its fields, if that is not what the file's name says.
        notices: What was detected when it was read.
    """

    def __init__(self, called: str, columns: Sequence[str], texts: Sequence[list[str]]) -> None:
        """Start with what all tables have; see the attributes."""
        self.called = called
        self.columns = tuple(columns)
        self.texts = tuple(texts)
        self.separator: str | None = None
        self.notices: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.texts[0])

    @abstractmethod
    def as_fields(self) -> list[list[str]]:
        """Give the fields of each row for CSV; what is nested becomes JSON."""

    @abstractmethod
    def as_lines(self) -> list[str]:
        """Give each row as a JSON object."""

    @abstractmethod
    def as_arrow(self) -> Any:
        """Give a `pyarrow.Table`."""


class TextTable(Table):
    """A table of a CSV or TSV file."""

    def __init__(
        self, called: str, columns: Sequence[str], texts: Sequence[list[str]], rows: list[list[str]]
    ) -> None:
        """Take the fields of each row; see `Table`."""
        super().__init__(called, columns, texts)
        self._rows = rows

    def as_fields(self) -> list[list[str]]:
        """Give the fields as they were."""
        return self._rows

    def as_lines(self) -> list[str]:
        """Give each row as a JSON object of texts."""
        return [_json(dict(zip(self.columns, row, strict=True))) for row in self._rows]

    def as_arrow(self) -> Any:
        """Give columns of texts."""
        from bert_aas.tables.arrow import pa  # noqa: PLC0415 (a third of a second)

        columns = list(zip(*self._rows, strict=True)) or [() for _ in self.columns]
        arrays = [pa.array(column, pa.string()) for column in columns]
        return pa.Table.from_arrays(arrays, names=list(self.columns))


class JsonTable(Table):
    """A table of a file of JSON lines."""

    def __init__(
        self,
        called: str,
        columns: Sequence[str],
        texts: Sequence[list[str]],
        rows: list[tuple[str, dict[str, Any]]],
    ) -> None:
        """Take each line and its object; see `Table`."""
        super().__init__(called, columns, texts)
        self._rows = rows

    def as_fields(self) -> list[list[str]]:
        """Spell every value as a text."""
        return [
            [_field(content.get(name), name, self.called) for name in self.columns]
            for _, content in self._rows
        ]

    def as_lines(self) -> list[str]:
        """Give the lines as they were."""
        return [line for line, _ in self._rows]

    def as_arrow(self) -> Any:
        """Give columns of the types that their values have in common.

        Returns:
            A `pyarrow.Table`.

        Raises:
            InvalidInputError: If a column's values have none.
        """
        from bert_aas.tables.arrow import pa  # noqa: PLC0415 (a third of a second)

        arrays = []
        for name in self.columns:
            values = [content.get(name) for _, content in self._rows]
            arrays.append(_arrow_array(values, name, self.called))
        return pa.Table.from_arrays(arrays, names=list(self.columns))


class ArrowTable(Table):
    """A table of a Parquet file."""

    def __init__(self, called: str, texts: Sequence[list[str]], table: Any) -> None:
        """Take a `pyarrow.Table`; see `Table`."""
        super().__init__(called, table.column_names, texts)
        self._table = table

    def as_fields(self) -> list[list[str]]:
        """Spell every value as a text."""
        columns = [
            [_field(value, name, self.called) for value in self._values(name)]
            for name in self.columns
        ]
        return [list(row) for row in zip(*columns, strict=True)]

    def as_lines(self) -> list[str]:
        """Give each row as a JSON object; dates become texts."""
        values = [
            [_json_value(value, name, self.called) for value in self._values(name)]
            for name in self.columns
        ]
        return [
            _json(dict(zip(self.columns, row, strict=True))) for row in zip(*values, strict=True)
        ]

    def as_arrow(self) -> Any:
        """Give the table as it was."""
        return self._table

    def _values(self, name: str) -> list[Any]:
        try:
            values: list[Any] = self._table.column(name).to_pylist()
        except (ValueError, ArithmeticError, LookupError) as exc:
            raise InvalidInputError(
                f"{self.called}: the column '{name}' holds a value that only Parquet can hold "
                f"({type(exc).__name__}); write a .parquet file."
            ) from exc
        return values


def appended(line: str, added: Mapping[str, str | float | None]) -> str:
    """Add members to a JSON object without touching those that are there.

    Args:
        line: An object on one line.
        added: Names and values.

    Returns:
        The longer object.
    """
    if not added:
        return line.rstrip()
    head = line.rstrip()[:-1].rstrip()
    members = _json(dict(added))[1:]
    return f"{head}{'' if head.endswith('{') else ', '}{members}"


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False)


def _field(value: Any, name: str, called: str) -> str:
    text = spelt(plain(value))
    if isinstance(text, bytes) or (text is not None and not is_unicode(text)):
        raise InvalidInputError(_no_text(called, name, "CSV"))
    return text or ""


def _json_value(value: Any, name: str, called: str) -> Any:
    """Make a value of Arrow one of JSON: NaN and infinity, which JSON lacks, become null."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        text = plain(value)
        if isinstance(text, bytes):
            raise InvalidInputError(_no_text(called, name, "JSON"))
        return text
    if isinstance(value, dict):
        return {key: _json_value(each, name, called) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json_value(each, name, called) for each in value]
    return str(value)


def _no_text(called: str, name: str, form: str) -> str:
    return (
        f"{called}: the column '{name}' holds values that are not texts, which {form} "
        "cannot hold; write the output in the format of the input."
    )


def _arrow_array(values: list[Any], name: str, called: str) -> Any:
    from bert_aas.tables.arrow import pa  # noqa: PLC0415 (as_arrow has imported it)

    numbers = [value for value in values if type(value) is int]
    large = any(number not in _INT64 for number in numbers)
    try:
        if large and all(number in _UINT64 for number in numbers):
            return pa.array(values, pa.uint64())
        return pa.array(values)
    except (pa.ArrowException, ValueError, ArithmeticError, TypeError) as exc:
        raise InvalidInputError(
            f"{called}: the values of the column '{name}' have no type in common that Parquet can "
            "hold; write a .jsonl file."
        ) from exc
