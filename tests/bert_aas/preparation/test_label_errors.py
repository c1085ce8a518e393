import csv
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.preparation.label_errors import MAX_SCORE, find_label_errors

ROOT = Path(__file__).parents[3]
GOOD = [f"it is warm and soft, number {n}" for n in range(40)]
BAD = [f"the zip broke at once, number {n}" for n in range(40)]


def test_a_planted_label_is_found_with_the_right_one() -> None:
    labels = ["bad", *["good"] * 39, *["bad"] * 40]
    [found] = find_label_errors(GOOD + BAD, labels)
    assert found[:3] == (0, "bad", "good")
    assert 0 <= found.score < MAX_SCORE


def test_right_labels_are_not_listed() -> None:
    assert find_label_errors(GOOD + BAD, ["good"] * 40 + ["bad"] * 40) == ()


def test_classes_with_few_rows_are_not_judged() -> None:
    labels = [*["rare"] * 4, *["good"] * 36, *["bad"] * 40]
    assert find_label_errors(GOOD + BAD, labels) == ()


@pytest.mark.parametrize(
    ("texts", "labels"),
    [([], []), (GOOD, ["good"] * 40), (["!"] * 20, ["a", "b"] * 10), (GOOD[:4], ["a", "b"] * 2)],
)
def test_what_cannot_be_judged_has_no_errors(texts: list[str], labels: list[str]) -> None:
    assert find_label_errors(texts, labels) == ()


def test_without_cleanlab_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InvalidInputError) as caught:
        find_label_errors(GOOD, ["good"] * 40)
    assert str(caught.value) == (
        "`prepare.label_errors`: cleanlab is not installed; "
        '`pip install "bert-aas[label-errors]"` installs it'
    )


def test_planted_errors_of_the_bundled_reviews_lead_the_list() -> None:
    with (ROOT / "data" / "product_reviews.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["review_body"].strip()]
    labels = [row["sentiment"] for row in rows]
    rng = np.random.default_rng(1)
    planted = set(np.flatnonzero(rng.random(len(rows)) < 0.05).tolist())
    for place in planted:
        labels[place] = rng.choice([name for name in ("-1", "0", "1") if name != labels[place]])
    found = find_label_errors([row["review_body"] for row in rows], labels)
    hits = [error for error in found if error.place in planted]
    right = [hit for hit in hits if hit.suggested == rows[hit.place]["sentiment"]]
    assert [error.score for error in found] == sorted(error.score for error in found)
    # Of 178 planted ones 70 are found, most of the list; with the
    # labels of a coin 1 in 20 of the list would be.
    assert len(hits) > len(planted) / 3
    assert len(hits) > len(found) / 2
    assert len(right) > 0.8 * len(hits), (len(hits), len(found), len(right))
