"""Are the figures faithful? Words with high figures left out, against words at random.

Source:
    The comprehensiveness of DeYoung et al. 2020, ERASER, arXiv:1911.03429, section 4, against
    random words of the same text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bert_aas.explanations.intervals import Floats, Mean, mean_of
from bert_aas.explanations.reading import FAITHFUL, NOT_FAITHFUL, UNKNOWN

DRAWS = 3
"""Random choices of words for each number of words."""

FEWEST_ROWS = 20
"""Fewer rows do not tell."""

_SHOWN = 3
_SEED = 11


@dataclass(frozen=True)
class Plan:
    """What to leave out of one row.

    Attributes:
        numbers: Of words; each one leaves at least one word in the row.
        left_out: For each number the words with the highest figures, then the random choices.
    """

    numbers: tuple[int, ...]
    left_out: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Drop:
    """How far the probability falls without some words, as a mean over rows.

    Attributes:
        words: How many words were left out.
        rows: Rows that have more words than that.
        top: Without the words with the highest figures.
        random: Without as many random words.
        difference: Row by row, `top` less `random`.
    """

    words: int
    rows: int
    top: Mean
    random: Mean
    difference: Mean


@dataclass(frozen=True)
class Faithfulness:
    """What the deletion test found.

    Attributes:
        curve: One entry for each number of words.
        rows: Rows tested.
        difference: The differences of each row averaged over its numbers of words, then over rows.
    """

    curve: tuple[Drop, ...]
    rows: int
    difference: Mean

    @property
    def verdict(self) -> str:
        """Say whether the figures point at the words that matter to the model."""
        if self.rows < FEWEST_ROWS:
            return UNKNOWN
        return FAITHFUL if self.difference.low > 0 else NOT_FAITHFUL

    @property
    def sentence(self) -> str:
        """Say what was measured, and what it comes to."""
        if not self.curve:
            return "No row has two words or more, so nothing could be left out"
        shown = min(self.curve, key=lambda one: (abs(one.words - _SHOWN), one.words))
        what = "word" if shown.words == 1 else f"{shown.words} words"
        had = "has" if shown.words == 1 else "have"
        random = "one random word" if shown.words == 1 else f"{shown.words} random words"
        measured = (
            f"without the {what} that {had} the highest figures the probability of the predicted "
            f"class changes by {-shown.top.value:+.3f}, without {random} by "
            f"{-shown.random.value:+.3f} (mean of {shown.rows} rows)"
        )
        return f"{self.verdict[0].upper()}{self.verdict[1:]}: {measured}"


def plan(scores: Sequence[float], numbers: Sequence[int], row: int) -> Plan:
    """Choose what to leave out of a row.

    Args:
        scores: Figure of each word.
        numbers: How many words to leave out, one after the other.
        row: Number of the row: another one has other random words.

    Returns:
        The choices.
    """
    generator = np.random.default_rng([_SEED, row])
    possible = tuple(number for number in numbers if number < len(scores))
    order = np.argsort(-np.asarray(scores, np.float64), kind="stable").tolist()
    left_out: list[tuple[int, ...]] = []
    for number in possible:
        left_out.append(tuple(order[:number]))
        left_out += [
            tuple(generator.choice(len(scores), number, replace=False).tolist())
            for _ in range(DRAWS)
        ]
    return Plan(possible, tuple(left_out))


def drops(made: Plan, probability: float, without: Floats) -> Floats:
    """Read the answers to a plan.

    Args:
        made: The plan.
        probability: Of the predicted class, with all words.
        without: The same for each entry of `left_out`.

    Returns:
        For each number of words the drop without the top words, and the mean drop without random
        ones, `[numbers, 2]`.
    """
    answers = np.asarray(without, np.float64).reshape(len(made.numbers), 1 + DRAWS)
    fallen = probability - answers
    both: Floats = np.column_stack([fallen[:, 0], fallen[:, 1:].mean(axis=1)])
    return both


def faithfulness(plans: Sequence[Plan], found: Sequence[Floats]) -> Faithfulness:
    """Put the rows together.

    Args:
        plans: The plan of each row.
        found: The `drops` of each row.

    Returns:
        Curve and verdict.
    """
    by_words: dict[int, list[Floats]] = {}
    for made, fallen in zip(plans, found, strict=True):
        for number, both in zip(made.numbers, fallen, strict=True):
            by_words.setdefault(number, []).append(both)
    per_row = [(fallen[:, 0] - fallen[:, 1]).mean() for fallen in found if len(fallen)]
    curve = tuple(_drop(number, np.array(by_words[number])) for number in sorted(by_words))
    return Faithfulness(curve, len(per_row), mean_of(np.array(per_row, np.float64)))


def _drop(words: int, both: Floats) -> Drop:
    top, random = both[:, 0], both[:, 1]
    return Drop(words, len(both), mean_of(top), mean_of(random), mean_of(top - random))
