from typing import Any

import numpy as np
import pytest

from serving.feedback.labels import MAX_ROWS, labels_of
from serving.servables.classification import Classifications

CLASSES = np.array([[b"bad", b"good"], [b"bad", b"good"]], dtype=object)
SCORES = np.array([[0.2, 0.8], [0.7, 0.3]], np.float32)


@pytest.mark.parametrize(
    "outputs",
    [
        {"label": np.array([b"good", b"bad"], dtype=object)},
        {"label": np.array(["good", "bad"])},
        {"classes": CLASSES, "probabilities": SCORES},
        {"classes": CLASSES, "scores": SCORES},
        Classifications(CLASSES, SCORES),
    ],
)
def test_the_labels_of_an_answer(outputs: Any) -> None:
    assert labels_of(outputs) == ("good", "bad")


@pytest.mark.parametrize(
    "outputs",
    [
        {},
        {"probabilities": SCORES},
        {"classes": CLASSES},
        {"label": SCORES},
        {"classes": CLASSES[:, :0], "scores": SCORES[:, :0]},
        {"classes": CLASSES, "scores": SCORES[:1]},
        Classifications(None, SCORES),
        np.array([5.0], np.float32),
    ],
)
def test_an_answer_without_labels(outputs: Any) -> None:
    assert labels_of(outputs) is None


def test_many_rows_are_not_remembered() -> None:
    rows = np.array([b"good"] * (MAX_ROWS + 1), dtype=object)
    classes = np.repeat(CLASSES[:1], MAX_ROWS + 1, axis=0)

    assert labels_of({"label": rows}) is None
    assert labels_of({"label": rows[:-1]}) == ("good",) * MAX_ROWS
    assert labels_of(Classifications(classes, np.ones(classes.shape, np.float32))) is None
