"""What swapped words change: counted by hand."""

from typing import Any

import numpy as np
import pytest

from bert_aas.bias.intervals import wilson
from bert_aas.bias.predicted import swapping
from bert_aas.bias.predicted.swapping import SwapCounter, SwapReport

PAIRS = [("he", "she"), ("Anna", "Peter")]
ROWS: list[tuple[str, list[float], list[float]]] = [
    ("he left", [0.75, 0.25], [0.25, 0.75]),  # flipped, -0.5
    ("she left", [0.5, 0.5], [0.75, 0.25]),  # +0.25
    ("he met her and she", [0.75, 0.25], [0.5, 0.5]),  # of both directions, -0.25
    ("he met Anna", [0.25, 0.75], [0.125, 0.875]),  # +0.125
    ("nobody", [1, 0], [1, 0]),
]


def report(rows: list[tuple[str, list[float], list[float]]] = ROWS) -> SwapReport:
    counter = SwapCounter(PAIRS, ["no", "yes"])
    found = counter.swap([(text,) for text, *_ in rows])
    for (text, before, after), new in zip(rows, found, strict=True):
        if new is not None:
            counter.add((text,), new, np.array(before, "f4"), np.array(after, "f4"))
    return counter.report()


def test_all_rows_with_a_word() -> None:
    found = report()
    assert found.rows == 5
    assert (found.overall.rows, found.overall.flipped, found.overall.share) == (4, 1, 0.25)
    assert found.overall.change == (0.5 + 0.25 + 0.25 + 0.125) / 4
    assert found.overall.interval == wilson(1, 4)


def test_each_pair() -> None:
    he, anna = report().pairs
    assert (he.words, he.figures.rows, he.figures.flipped) == (("he", "she"), 4, 1)
    # From he to she: -0.5 of the first row, -(+0.25) of the second, -0.125 of the fourth.
    assert he.shifts == pytest.approx({"no": -0.875 / 3, "yes": 0.875 / 3})
    assert anna.shifts == pytest.approx({"no": -0.125, "yes": 0.125})


def test_a_pair_that_is_not_there() -> None:
    _, anna = report(ROWS[:2]).pairs
    assert (anna.figures.rows, anna.figures.interval, anna.shifts) == (0, None, {})


def test_examples_begin_with_changed_labels() -> None:
    first, second, *_ = report().examples
    assert (first.texts, first.swapped) == (("he left",), ("she left",))
    assert (first.label, first.swapped_label, first.change) == ("no", "yes", -0.5)
    assert abs(second.change) == 0.25


def test_few_examples_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swapping, "MOST_EXAMPLES", 2)
    changes = [0.1, 0.3, 0.2, 0.05]
    rows: Any = [("he", [0.9, 0.1], [0.9 - change, 0.1 + change]) for change in changes]
    kept = [-example.change for example in report(rows).examples]
    assert kept == pytest.approx([0.3, 0.2])


def test_two_texts_of_a_row() -> None:
    counter = SwapCounter(PAIRS, ["no", "yes"])
    (found, nothing) = counter.swap([("he", "and she"), ("a", "b")])
    assert nothing is None
    assert found is not None
    assert [one.text for one in found] == ["she", "and he"]
    counter.add(("he", "and she"), found, np.array([1, 0], "f4"), np.array([0.5, 0.5], "f4"))
    assert counter.report().pairs[0].shifts == {}  # of both directions


def test_a_limit() -> None:
    found = report()
    assert found.beyond(None) == found.beyond(0.25) == ""
    assert found.beyond(0.2) == (
        "flips is 0.2500: the label of 1 of 4 rows changes where words are swapped, and at most "
        "0.2 is allowed"
    )
