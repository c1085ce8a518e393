"""The labels that a model has answered, whichever call asked for them."""

from collections.abc import Mapping
from typing import Any

from bert_aas.traffic.comparing import scores_of, text_of
from serving.servables.classification import Classifications

_LABEL, _CLASSES = "label", "classes"
_VECTOR, _MATRIX = 1, 2
MAX_ROWS = 64
"""Texts of one request whose labels are remembered; of larger ones none is."""


def labels_of(outputs: object) -> tuple[str, ...] | None:
    """Find the label of each row of an answer.

    Args:
        outputs: Of predict, arrays by name; of classify `Classifications`; of regress an array.

    Returns:
        The labels; None if the answer has none, or too many rows.
    """
    if isinstance(outputs, Classifications):
        return _best(outputs.classes, outputs.scores)
    if not isinstance(outputs, Mapping):
        return None
    label = outputs.get(_LABEL)
    if label is not None:
        return _texts(label) if label.ndim == _VECTOR else None
    return _best(outputs.get(_CLASSES), scores_of(outputs))


def _best(classes: Any, scores: Any) -> tuple[str, ...] | None:
    if classes is None or scores is None or classes.ndim != _MATRIX:
        return None
    if classes.shape != scores.shape or not classes.shape[1] or len(classes) > MAX_ROWS:
        return None
    return _texts(classes[range(len(classes)), scores.argmax(axis=1)])


def _texts(labels: Any) -> tuple[str, ...] | None:
    if len(labels) > MAX_ROWS:
        return None
    return tuple(map(text_of, labels.tolist()))
