"""Answers about texts, in the forms of SageMaker's examples, BlazingText and Autopilot."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from serving.errors import InvalidArgumentError
from serving.invocations.csv_table import write_table
from serving.invocations.media_types import CSV, JSON_LINES
from serving.invocations.questions import Texts
from serving.servables.model import DEFAULT_SIGNATURE, Array, Arrays, LoadedModel, Signature

_PREFIX = "__label__"
_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_RANK = 2
_STRING = "string"


def classifier_of(model: LoadedModel) -> Signature | None:
    """Return the signature that classifies texts and names their classes; None without one."""
    signature = model.signatures.get(DEFAULT_SIGNATURE)
    if signature is None or not signature.inputs:
        return None
    takes_texts = {spec.dtype for spec in signature.inputs.values()} == {_STRING}
    return (
        signature
        if takes_texts and {"probabilities", "classes"} <= set(signature.outputs)
        else None
    )


@dataclass(frozen=True)
class Classified:
    """The classes of texts.

    Attributes:
        labels: Of each text the names of the classes, as numbers where all are whole numbers.
        scores: Of each text the probabilities, as the shortest decimals that stand for them.
    """

    labels: Sequence[Sequence[str | int]]
    scores: Sequence[Sequence[float]]

    @classmethod
    def of(cls, outputs: Arrays) -> "Classified":
        """Read the outputs of a classifier.

        Args:
            outputs: `classes`, bytes `[n, C]`, and `probabilities`, float `[n, C]`.

        Returns:
            The classes.

        Raises:
            InvalidArgumentError: If they have other shapes.
        """
        classes, probabilities = outputs["classes"], outputs["probabilities"]
        if classes.ndim != _RANK or classes.shape != probabilities.shape or not classes.shape[1]:
            raise InvalidArgumentError("The model's outputs are no classes and probabilities")
        known: dict[tuple[bytes, ...], Sequence[str | int]] = {}  # mostly all rows have the same
        rows = map(tuple, classes.tolist())
        labels = [known.get(row) or known.setdefault(row, _labels(row)) for row in rows]
        return cls(labels, _decimals(probabilities))

    def value(self, row: int, key: str) -> Any:
        """Return one of `settings.RESPONSE_KEYS` of a row."""
        labels, scores = self.labels[row], self.scores[row]
        if key == "labels":
            return list(labels)
        if key == "probabilities":
            return list(scores)
        best = max(range(len(scores)), key=scores.__getitem__)
        return labels[best] if key == "predicted_label" else scores[best]

    def top(self, row: int, count: int) -> dict[str, Any]:
        """Return the likeliest classes of a row as BlazingText has them."""
        labels, scores = self.labels[row], self.scores[row]
        order = sorted(range(len(scores)), key=scores.__getitem__, reverse=True)[:count]
        return {
            "label": [f"{_PREFIX}{labels[place]}" for place in order],
            "prob": [scores[place] for place in order],
        }


def write_texts(question: Texts, found: Classified, media_type: str, keys: Sequence[str]) -> str:
    """Write the answer to texts.

    Args:
        question: The texts.
        found: Their classes.
        media_type: The form.
        keys: The columns of a CSV.

    Returns:
        The body.
    """
    rows = range(len(question.rows))
    if media_type == CSV:
        return write_rows(found, media_type, keys)
    if question.form == "features":
        answers = [
            {key: found.value(row, key) for key in ("probability", "predicted_label")}
            for row in rows
        ]
    else:
        answers = [found.top(row, question.top[row]) for row in rows]
    if media_type == JSON_LINES:
        return _write_lines(answers)
    return _dump(answers[0] if question.is_single else answers)


def write_rows(found: Classified, media_type: str, keys: Sequence[str]) -> str:
    """Write the answer to the rows of a table.

    Args:
        found: The classes of the rows.
        media_type: The form.
        keys: What to say of each row, of `settings.RESPONSE_KEYS`.

    Returns:
        The body.
    """
    rows = [{key: found.value(row, key) for key in keys} for row in range(len(found.labels))]
    if media_type == CSV:
        return write_table([[_field(value) for value in row.values()] for row in rows])
    return _write_lines(rows) if media_type == JSON_LINES else _dump({"predictions": rows})


def _write_lines(values: Sequence[Any]) -> str:
    return "".join(f"{_dump(value)}\n" for value in values)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _field(value: Any) -> str:
    return value if isinstance(value, str) else _dump(value)


def _labels(names: Sequence[bytes]) -> Sequence[str | int]:
    """Return the names of classes, as numbers if all of them are, as ratings are."""
    texts = [name.decode("utf-8", "replace") for name in names]
    return [int(text) for text in texts] if all(map(_NUMBER.fullmatch, texts)) else texts


def _decimals(array: Array) -> list[list[float]]:
    texts = np.asarray(array, np.float32).astype("U32")
    rows: list[list[float]] = texts.astype(np.float64).tolist()
    return rows
