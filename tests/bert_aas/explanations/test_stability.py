"""Two halves of the rows: alike where words matter, unlike where figures are noise."""

import math

import numpy as np
import pytest

from bert_aas.explanations.explained import ExplainedRow
from bert_aas.explanations.stability import Stability, stability
from tests.bert_aas.explanations.explained_rows import WORDS, explained


def rows(noise: float, signal: float, count: int = 200) -> list[ExplainedRow]:
    """Each word has an effect of its own, and noise."""
    draw = np.random.default_rng(5)
    effects = dict(zip(WORDS, np.linspace(-signal, signal, len(WORDS)), strict=True))
    made = []
    for _ in range(count):
        words = "".join(draw.choice(WORDS, 6, replace=False))
        made.append(explained(words, [effects[w] + draw.normal(0, noise) for w in words]))
    return made


def test_words_with_effects_are_stable() -> None:
    found = stability(rows(noise=0.01, signal=1), min_rows=5)
    assert found.rank_correlation == pytest.approx(1, abs=0.01)
    assert found.overlap > 0.9
    assert (found.top, found.words, found.chance) == (8, 16, 0.5)
    assert found.verdict == "stable"


def test_noise_is_not_stable() -> None:
    found = stability(rows(noise=1, signal=0), min_rows=5)
    assert abs(found.rank_correlation) < 0.3
    assert found.overlap == pytest.approx(found.chance, abs=0.15)
    assert found.verdict == "not stable"


def test_the_same_rows_have_the_same_figures() -> None:
    assert stability(rows(0.3, 0.3), 5) == stability(rows(0.3, 0.3), 5)


@pytest.mark.parametrize("some", [[], rows(0.1, 1, count=4), [explained("abcdef", [0] * 6)] * 40])
def test_what_does_not_tell(some: list[ExplainedRow]) -> None:
    found = stability(some, min_rows=5)
    assert math.isnan(found.rank_correlation)
    assert found.verdict == "too few rows to tell"


@pytest.mark.parametrize(
    ("correlation", "verdict"),
    [(0.7, "stable"), (0.69, "fairly stable"), (0.4, "fairly stable"), (0.39, "not stable")],
)
def test_verdicts(correlation: float, verdict: str) -> None:
    assert Stability(correlation, 0.5, 0.1, 10, 100).verdict == verdict
