"""Labels of a file against a model's answers."""

import numpy as np

from bert_aas.preparation.labels import LabelMap
from pipeline.predictions.labels import compare
from pipeline.predictions.predicted import Predictions

STARS = LabelMap({"-1": ["1", "2"], "1": ["4", "5"]}, ["3"])


def answers(*labels: str, classes: tuple[str, ...] = ("-1", "1")) -> Predictions:
    return Predictions(list(labels), list(classes), np.zeros((len(labels), len(classes))))


def test_stars_are_compared_with_a_sentiment() -> None:
    found = compare(
        ["5", " 4.0\n", "2", "3", "", "1"], answers("1", "-1", "-1", "1", "1", "1"), STARS
    )
    assert found.classes == ["1", "1", "-1", "", "", "-1"]
    assert found.sentence() == (
        "accuracy 0.5000: 2 of 4 rows are right; not counted: 2 without a label or of a class that "
        "the run dropped"
    )


def test_a_class_that_the_model_does_not_have_is_not_counted() -> None:
    found = compare(["5", "9"], answers("1", "1"), STARS)
    assert found.classes == ["1", "9"]
    assert found.sentence() == (
        "accuracy 1.0000: 1 of 1 rows are right; not counted: 1 of a class that the model does not "
        "have"
    )


def test_numbers_are_compared_however_they_are_spelt() -> None:
    found = compare(["5.0", "4"], answers("5", "5", classes=("4.0", "5")), LabelMap())
    assert found.classes == ["5", "4.0"]
    assert found.sentence() == "accuracy 0.5000: 1 of 2 rows are right"


def test_without_any_label_there_is_no_accuracy() -> None:
    found = compare(["", ""], answers("1", "1"), STARS)
    assert found.sentence().startswith("0 of 0 rows are right; not counted: 2 without")
