from typing import Any

import numpy as np
import pytest

from bert_aas.traffic.comparing import classes_of, flips_between

SCORES = np.array([[0.2, 0.8], [0.6, 0.4], [0.1, 0.9]], np.float32)
NAMES = np.array([[b"bad", b"good"]] * 3, object)


@pytest.mark.parametrize(
    ("outputs", "classes"),
    [
        ({"label": np.array([b"a", b"\xff"], object)}, ["a", "\ufffd"]),
        ({"label": np.array([3, 4])}, ["3", "4"]),
        ({"probabilities": SCORES, "classes": NAMES}, ["good", "bad", "good"]),
        ({"scores": SCORES}, ["1", "0", "1"]),
        ({"scores": SCORES, "classes": NAMES[:1]}, ["1", "0", "1"]),
        ({"scores": SCORES[0]}, None),
        ({"scores": SCORES[:0]}, None),
        ({"y": SCORES}, None),
        ({}, None),
    ],
)
def test_the_class_of_each_row(outputs: dict[str, Any], classes: list[str] | None) -> None:
    assert classes_of(outputs) == classes


def test_flips() -> None:
    after = {"probabilities": SCORES[[0, 2, 1]], "classes": NAMES}
    found = flips_between({"probabilities": SCORES, "classes": NAMES}, after)
    assert found == (3, {("bad", "good"): 1, ("good", "bad"): 1})
    assert flips_between(after, after) == (3, {})
    assert flips_between({"scores": SCORES}, {"scores": SCORES[:2]}) is None
    assert flips_between({"scores": SCORES}, {"y": SCORES}) is None
