"""What a sample of explained rows comes to: `explanations.json`."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bert_aas.explanations.aggregating import WordFigure, WordSums, word_figures
from bert_aas.explanations.deletion import Faithfulness
from bert_aas.explanations.explained import ExplainedRow
from bert_aas.explanations.stability import Stability, stability

METHOD = "integrated_gradients"
CONFIDENCE = 0.95
_SLICE_WORDS = 10


@dataclass(frozen=True)
class Asked:
    """What was asked for.

    Attributes:
        split: Which split the rows are of.
        classes: All classes of the model.
        texts: Columns of the texts.
        seen: Class to the rows of the split.
        steps: Points of the integral.
        min_rows: A word in fewer rows is left out.
        top_words: Words that are listed for a class at most.
    """

    split: str
    classes: tuple[str, ...]
    texts: tuple[str, ...]
    seen: Mapping[str, int]
    steps: int
    min_rows: int
    top_words: int


@dataclass(frozen=True)
class ClassWords:
    """The words of the rows for which a class was predicted.

    Attributes:
        name: The class.
        rows: How many rows that are.
        wrong: How many of them have another class in the data.
        expected: Mean probability of the class with every word blanked out; NaN of no rows.
        words: The largest mean of absolutes first.
        left_out: Words that too few rows have.
        columns: Column of a text to the mean of the absolute sum of its words.
        stability: Of the order of the words.
    """

    name: str
    rows: int
    wrong: int
    expected: float
    words: tuple[WordFigure, ...]
    left_out: int
    columns: Mapping[str, float]
    stability: Stability


@dataclass(frozen=True)
class SliceWords:
    """The same for the rows of a slice, shorter.

    Attributes:
        column: A column of the data.
        value: Its value.
        name: The predicted class.
        rows: How many rows.
        words: The largest mean of absolutes first.
    """

    column: str
    value: str
    name: str
    rows: int
    words: tuple[WordFigure, ...]


@dataclass(frozen=True)
class Explanations:
    """What a sample of rows comes to.

    Attributes:
        asked: What was asked for.
        rows: How many rows are explained.
        gap: Mean of the absolute misses of the sums; NaN of no rows.
        largest_gap: The largest one.
        classes: One entry per class of the model.
        slices: One entry per slice and class that has rows.
        faithfulness: The deletion test.
    """

    asked: Asked
    rows: int
    gap: float
    largest_gap: float
    classes: tuple[ClassWords, ...]
    slices: tuple[SliceWords, ...]
    faithfulness: Faithfulness

    @property
    def verdict(self) -> str:
        """Say how far the words can be relied on, in a sentence."""
        return f"{self.faithfulness.sentence}; {self._stable}."

    @property
    def _stable(self) -> str:
        told = [one for one in self.classes if not math.isnan(one.stability.rank_correlation)]
        if not told:
            return "rows are too few to tell how stable the words are"
        weakest = min(told, key=lambda one: one.stability.rank_correlation)
        found = weakest.stability
        rest = len(self.classes) - len(told)
        untold = f"; of {rest} more the rows are too few to tell" if rest else ""
        return (
            f"the order of the words is {found.verdict} (rank correlation of two halves of the "
            f"rows {found.rank_correlation:.2f} for the class {weakest.name}, the lowest{untold})"
        )


def explanations(
    asked: Asked, rows: Sequence[ExplainedRow], faithfulness: Faithfulness
) -> Explanations:
    """Put explained rows together.

    Args:
        asked: What was asked for.
        rows: The rows.
        faithfulness: The deletion test of the same rows.

    Returns:
        The words of each class and slice, and how far they can be relied on.
    """
    gaps = np.abs([row.gap for row in rows])
    return Explanations(
        asked=asked,
        rows=len(rows),
        gap=float(gaps.mean()) if rows else math.nan,
        largest_gap=float(gaps.max()) if rows else math.nan,
        classes=tuple(_class(asked, name, rows) for name in asked.classes),
        slices=tuple(_slices(asked, rows)),
        faithfulness=faithfulness,
    )


def _class(asked: Asked, name: str, rows: Sequence[ExplainedRow]) -> ClassWords:
    chosen = [row for row in rows if row.predicted == name]
    sums = WordSums.of(chosen)
    words = word_figures(sums, asked.min_rows)
    return ClassWords(
        name=name,
        rows=len(chosen),
        wrong=sum(row.label != name for row in chosen),
        expected=_mean([row.baseline for row in chosen]),
        words=tuple(words[: asked.top_words]),
        left_out=len(sums.vocabulary) - len(words),
        columns={
            column: _mean([abs(_segment(row, number)) for row in chosen])
            for number, column in enumerate(asked.texts)
        },
        stability=stability(chosen, asked.min_rows),
    )


def _segment(row: ExplainedRow, number: int) -> float:
    """Add up the words of one text of a row."""
    segments = row.segments or (0,) * len(row.words)
    return sum(score for score, of in zip(row.scores, segments, strict=True) if of == number)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def _slices(asked: Asked, rows: Sequence[ExplainedRow]) -> Iterator[SliceWords]:
    groups: dict[tuple[str, str], dict[str, list[ExplainedRow]]] = {}
    for row in rows:
        for column, value in row.slices.items():
            groups.setdefault((column, value), {}).setdefault(row.predicted, []).append(row)
    for (column, value), by_class in sorted(groups.items()):
        for name in (name for name in asked.classes if name in by_class):
            words = word_figures(WordSums.of(by_class[name]), asked.min_rows)
            shown = tuple(words[: min(asked.top_words, _SLICE_WORDS)])
            yield SliceWords(column, value, name, len(by_class[name]), shown)


def as_json(found: Explanations) -> dict[str, Any]:
    """Describe explanations for programs.

    Args:
        found: The explanations.

    Returns:
        The content of `explanations.json`; what cannot be told is `None`.
    """
    told: dict[str, Any] = {
        "method": METHOD,
        "unit": "probability of the predicted class",
        "confidence": CONFIDENCE,
        "verdict": found.verdict,
        **asdict(found.asked),
        "rows": found.rows,
        "gap": {"mean": found.gap, "largest": found.largest_gap},
        "by_class": [_with_verdict(one) for one in found.classes],
        "by_slice": [_renamed(asdict(one)) for one in found.slices],
        "deletion": {
            "verdict": found.faithfulness.verdict,
            "rows": found.faithfulness.rows,
            "difference": asdict(found.faithfulness.difference),
            "curve": [asdict(one) for one in found.faithfulness.curve],
        },
    }
    plain: dict[str, Any] = _without_nan(told)
    return plain


def _with_verdict(one: ClassWords) -> dict[str, Any]:
    content = _renamed(asdict(one))
    content["stability"]["verdict"] = one.stability.verdict
    return content


def _renamed(content: dict[str, Any]) -> dict[str, Any]:
    return {"class" if key == "name" else key: value for key, value in content.items()}


def _without_nan(value: Any) -> Any:
    """Put `None` where there is no number: JSON has no NaN."""
    if isinstance(value, Mapping):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
