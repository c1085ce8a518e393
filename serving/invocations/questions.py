"""What a body asks: texts to classify, a table, or what TensorFlow Serving's own clients send.

Source:
    BlazingText's inference formats; the handlers of SageMaker's TensorFlow Serving container.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from serving.errors import InvalidArgumentError
from serving.invocations.csv_table import read_table
from serving.invocations.media_types import CSV, JSON, ContentType
from serving.rest.json.reader import parse_json

Form = Literal["features", "blazingtext"]

_TENSORFLOW_KEYS = frozenset({"instances", "inputs", "examples"})
_MANY = 2


@dataclass(frozen=True)
class Texts:
    """Texts for a classifier.

    Attributes:
        form: Whose question it is, and so the form of the answer.
        rows: For each answer its texts: one, or as many as the model takes.
        top: For each answer how many classes are wanted.
        in_lines: Whether each stood in a line of its own.
        is_single: Whether it is one question, not a list of them.
    """

    form: Form
    rows: Sequence[Sequence[str]]
    top: Sequence[int]
    in_lines: bool = False
    is_single: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of a CSV; what the columns are depends on the model."""

    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Document:
    """A request of TensorFlow Serving's REST API."""

    content: dict[str, Any]


Question = Texts | Table | Document


def read_question(body: bytes, content_type: ContentType) -> Question:
    """Read a body.

    Args:
        body: The body.
        content_type: What it is.

    Returns:
        What it asks.

    Raises:
        InvalidArgumentError: If it cannot be read.
    """
    if content_type.kind == CSV:
        rows = read_table(body, content_type.has_header)
        if not rows:
            raise InvalidArgumentError("The CSV has no rows")
        return Table(rows)
    if content_type.kind == JSON:
        return _read_json(body)
    return of_lines([parse_json(line) for line in _lines(body)])


def _read_json(body: bytes) -> Question:
    value = parse_json(body)
    if isinstance(value, dict):
        question = _of_object(value)
        if question is not None:
            return question
    lines = _json_in_each_line(body)
    if lines:  # as the TensorFlow Serving container reads it
        return of_lines([parse_json(line) for line in lines])
    if isinstance(value, list) and value and _has(value[0], "features"):
        return _features_of(value, in_lines=False)
    is_list_of_rows = isinstance(value, list) and value and isinstance(value[0], list)
    return Document({"instances": value if is_list_of_rows else [value]})


def _of_object(value: dict[str, Any]) -> Question | None:
    """Read an object that says itself what it is; None for another one, such as a model's row."""
    if "features" in value:
        return Texts("features", [_features(value, 1)], [1], is_single=True)
    if "configuration" in value and "instances" in value:
        return _blazingtext(value)
    return Document(value) if value.keys() & _TENSORFLOW_KEYS else None


def of_lines(values: Sequence[Any]) -> Question:
    """Read values that stood in lines; the first one says what all of them are.

    Args:
        values: The values.

    Returns:
        What they ask.

    Raises:
        InvalidArgumentError: If there are none, or one is of another form than the first.
    """
    if not values:
        raise InvalidArgumentError("The body has no lines")
    first = values[0]
    if _has(first, "features"):
        return _features_of(values, in_lines=True)
    if _has(first, "source"):
        rows = [[_source(value, number)] for number, value in enumerate(values, 1)]
        return Texts("blazingtext", rows, [_top(value) for value in values], in_lines=True)
    if len(values) == 1 and isinstance(first, dict) and first.keys() & _TENSORFLOW_KEYS:
        return Document(first)
    return Document({"instances": list(values)})


def _has(value: Any, key: str) -> bool:
    return isinstance(value, dict) and key in value


def _features_of(values: Sequence[Any], in_lines: bool) -> Texts:
    rows = [_features(value, number) for number, value in enumerate(values, 1)]
    return Texts("features", rows, [1] * len(rows), in_lines)


def _features(value: Any, number: int) -> Sequence[str]:
    features = value.get("features") if isinstance(value, dict) else None
    texts = [features] if isinstance(features, str) else features
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise InvalidArgumentError(
            f'Question {number} is no object of the form {{"features": ["a text"]}}'
        )
    return texts


def _source(value: Any, number: int) -> str:
    source = value.get("source") if isinstance(value, dict) else None
    if not isinstance(source, str):
        raise InvalidArgumentError(
            f'Question {number} is no object of the form {{"source": "a text"}}'
        )
    return source


def _blazingtext(value: dict[str, Any]) -> Texts:
    instances, configuration = value["instances"], value["configuration"]
    if not isinstance(configuration, dict):
        raise InvalidArgumentError("'configuration' must be an object, such as {\"k\": 2}")
    if not isinstance(instances, list) or not instances:
        raise InvalidArgumentError("'instances' must be a list of texts")
    if not all(isinstance(text, str) for text in instances):
        raise InvalidArgumentError("With 'configuration', all 'instances' must be texts")
    top = [_top(configuration)] * len(instances)
    return Texts("blazingtext", [[text] for text in instances], top)


def _top(options: dict[str, Any]) -> int:
    wanted = options.get("k", 1)
    if isinstance(wanted, bool) or not isinstance(wanted, int) or wanted < 1:
        raise InvalidArgumentError("'k' must be a whole number of classes, at least 1")
    return wanted


def _lines(body: bytes) -> list[bytes]:
    lines = body.replace(b"\r\n", b"\n").split(b"\n")
    return [line for line in lines if line.strip()]


def _json_in_each_line(body: bytes) -> list[bytes]:
    """Return the lines of a body if there are several, each a JSON value; else nothing."""
    lines = _lines(body)
    if len(lines) < _MANY:
        return []
    try:
        for line in lines:
            json.loads(line)
    except (ValueError, RecursionError):
        return []
    return lines
