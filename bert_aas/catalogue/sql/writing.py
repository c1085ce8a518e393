"""Write an answer: CSV, TSV, JSON, JSON lines or Parquet, a few thousand rows at a time."""

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import PurePath
from typing import Any, BinaryIO

from bert_aas.catalogue.sql.asking import Answer
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.values import plain, spelt

FORMATS = ("csv", "tsv", "json", "jsonl", "parquet")
_SUFFIXES: Mapping[str, str] = {f".{name}": name for name in FORMATS} | {".ndjson": "jsonl"}


def format_of_file(path: PurePath) -> str:
    """Tell the format of a file to write by its name.

    Args:
        path: The file.

    Returns:
        One of `FORMATS`.

    Raises:
        InvalidInputError: If the extension is another one.
    """
    found = _SUFFIXES.get(path.suffix.lower())
    if found is None:
        raise InvalidInputError(
            f"{path} has an unknown extension; known are {', '.join(_SUFFIXES)} (or give --format)"
        )
    return found


def write_answer(answer: Answer, file_format: str, stream: BinaryIO) -> None:
    """Write all rows.

    Args:
        answer: The rows.
        file_format: One of `FORMATS`.
        stream: Where to write.

    Raises:
        InvalidInputError: If the format cannot hold a value, or two columns have one name.
    """
    if file_format in {"json", "jsonl", "parquet"}:
        _check_names(answer)
    if file_format == "parquet":
        _write_parquet(answer, stream)
        return
    text = io.TextIOWrapper(stream, "utf-8", newline="")
    if file_format in {"csv", "tsv"}:
        _write_fields(answer, "," if file_format == "csv" else "\t", text)
    else:
        _write_objects(answer, text, array=file_format == "json")
    text.detach()


def json_value(value: Any, column: str) -> Any:
    """Make a value of DuckDB one of JSON: NaN and infinity, which JSON lacks, become null.

    Args:
        value: The value.
        column: Its column, for messages.

    Returns:
        What `json.dumps` takes.

    Raises:
        InvalidInputError: If it holds bytes that are no text.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {str(key): json_value(each, column) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_value(each, column) for each in value]
    return field(value, column)


def field(value: Any, column: str) -> str:
    """Spell a value as a field of CSV; what is nested becomes JSON.

    Args:
        value: The value.
        column: Its column, for messages.

    Returns:
        The text; empty for a missing value.

    Raises:
        InvalidInputError: If it holds bytes that are no text.
    """
    nested = isinstance(value, (list, tuple, dict))
    text = json.dumps(json_value(value, column), ensure_ascii=False) if nested else plain(value)
    found = spelt(text)
    if isinstance(found, bytes):
        raise InvalidInputError(
            f"the column '{column}' holds bytes that are no text; write a .parquet file"
        )
    return found or ""


def _check_names(answer: Answer) -> None:
    twice = next((name for name in answer.columns if answer.columns.count(name) > 1), None)
    if twice is not None:
        raise InvalidInputError(
            f"two columns of the answer are called '{twice}'; give one another name (… AS name)"
        )


def _write_fields(answer: Answer, separator: str, text: io.TextIOWrapper) -> None:
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(answer.columns)
    for row in answer.rows():
        writer.writerow(map(field, row, answer.columns))


def _write_objects(answer: Answer, text: io.TextIOWrapper, *, array: bool) -> None:
    start, between, end = ("[\n", ",\n", "\n]\n") if array else ("", "\n", "\n")
    text.write(start)
    place = 0
    for place, row in enumerate(answer.rows(), start=1):
        values = map(json_value, row, answer.columns)
        content = dict(zip(answer.columns, values, strict=True))
        text.write((between if place > 1 else "") + json.dumps(content, ensure_ascii=False))
    text.write(end if array or place else "")


def _write_parquet(answer: Answer, stream: BinaryIO) -> None:
    from bert_aas.tables.arrow import pa, parquet  # noqa: PLC0415 (a third of a second)

    schema, batches = answer.batches()
    try:
        with parquet.ParquetWriter(stream, schema, version="2.6") as writer:
            for batch in _whole(batches):
                writer.write_batch(batch)
    except (pa.ArrowException, NotImplementedError) as exc:
        reason = str(exc).partition("\n")[0]
        raise InvalidInputError(f"Parquet cannot hold the answer: {reason}") from exc


def _whole(batches: Iterable[Any]) -> Iterable[Any]:
    return (batch for batch in batches if batch.num_rows)
