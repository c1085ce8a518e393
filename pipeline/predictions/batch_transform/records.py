"""The records of a file: read, filtered, joined with what the model says, written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bert_aas.contracts.errors import InvalidInputError
from pipeline.predictions.batch_transform.json_path import JsonPath
from serving.errors import ServingError
from serving.invocations.csv_table import read_table, write_table

Kind = Literal["csv", "jsonlines"]

INPUT, OUTPUT = "SageMakerInput", "SageMakerOutput"


@dataclass(frozen=True)
class Filters:
    """What goes to the model, and what is written.

    Attributes:
        before: Chooses of each record what the model gets.
        after: Chooses of each result what is written.
        joins: Whether the result is the record with the answer, not the answer alone.
    """

    before: JsonPath
    after: JsonPath
    joins: bool = False


def read_records(content: bytes, kind: Kind) -> list[Any]:
    """Read the records of a file.

    Args:
        content: The file.
        kind: `csv`: lists of fields, which may have line breaks. `jsonlines`: any values.

    Returns:
        The records.

    Raises:
        InvalidInputError: If the file cannot be read.
    """
    if kind == "csv":
        try:
            return list(read_table(content))
        except ServingError as exc:
            raise InvalidInputError(exc.message) from exc
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return [_parsed(line, number) for number, line in enumerate(lines, 1) if line.strip()]


def chosen(path: JsonPath, records: Sequence[Any]) -> list[Any]:
    """Follow a path in each record; InvalidInputError names the record that lacks it."""
    found = []
    for number, record in enumerate(records, 1):
        try:
            found.append(path.find(record))
        except InvalidInputError as exc:
            raise InvalidInputError(f"record {number}: {exc}") from exc
    return found


def joined(record: Any, answer: Any) -> Any:
    """Put the answer to its record.

    Args:
        record: The record as it was read.
        answer: The answer: fields to a list of fields, else any value.

    Returns:
        The fields of both; an object with the answer as `SageMakerOutput`; for a record that is no
        object, one with both.
    """
    if isinstance(record, list) and isinstance(answer, list):
        return [*record, *answer]
    if isinstance(record, dict):
        return {**record, OUTPUT: answer}
    return {INPUT: record, OUTPUT: answer}


def write_records(results: Iterable[Any], kind: Kind, in_lines: bool) -> bytes:
    """Write results.

    Args:
        results: The results.
        kind: As of `read_records`.
        in_lines: Whether each ends with a line feed.

    Returns:
        The file's content.
    """
    texts = [_csv_line(one) if kind == "csv" else _json_line(one) for one in results]
    content = "".join(texts if in_lines else (text.removesuffix("\n") for text in texts))
    return content.encode("utf-8", "surrogateescape")


def _parsed(line: bytes, number: int) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as exc:
        raise InvalidInputError(f"line {number} of the input is no JSON: {exc}") from exc


def _csv_line(result: Any) -> str:
    fields = result if isinstance(result, list) else [result]
    return write_table([[one if isinstance(one, str) else json.dumps(one) for one in fields]])


def _json_line(result: Any) -> str:
    return json.dumps(result) + "\n"
