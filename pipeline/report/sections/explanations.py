"""Which words the predictions rest on, and how far that can be relied on."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bert_aas.explanations.reading import EXPLANATIONS_FILE, FAITHFUL, NOT_FAITHFUL
from components.tfrecords import read_file
from pipeline.predictions.class_order import natural_order
from pipeline.report.charts.explanations import CurvePoint, WordBar, deletion_curve, word_bars
from pipeline.report.section import OutputSection

_MOST_WORDS = 15
_SLICE_WORDS = 5
_MOST_SLICES = 60
_LARGE_GAP = 0.05


@dataclass(frozen=True)
class ClassWords:
    """The words of the rows for which a class was predicted.

    Attributes:
        name: The class.
        rows: How many rows.
        wrong: How many of them have another class in the data.
        expected: Mean probability of the class with every word blanked out.
        words: The first ones; all are in `explanations.json`.
        left_out: Words that too few rows have.
        stability: Rank correlation, overlap, chance, top, words and verdict.
    """

    name: str
    rows: int
    wrong: int
    expected: float | None
    words: tuple[WordBar, ...]
    left_out: int
    stability: Mapping[str, Any]


@dataclass(frozen=True)
class SliceWords:
    """The first words of a slice.

    Attributes:
        column: Of the data.
        value: Its value.
        name: The predicted class.
        rows: How many rows.
        words: Word and mean contribution.
    """

    column: str
    value: str
    name: str
    rows: int
    words: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Words:
    """What the Explainer found.

    Attributes:
        verdict: How far the words can be relied on.
        kind: `good`, `bad` or `plain`.
        classes: In natural order.
        slices: By column, value and class.
        curve: Of the deletion test.
        facts: Rows, split, steps, gaps and what the split holds.
    """

    verdict: str
    kind: str
    classes: tuple[ClassWords, ...]
    slices: tuple[SliceWords, ...]
    curve: tuple[CurvePoint, ...]
    facts: Mapping[str, Any]

    @property
    def columns(self) -> Mapping[str, Sequence[SliceWords]]:
        """The slices of each column, 60 at most."""
        found: dict[str, list[SliceWords]] = {}
        for one in self.slices:
            found.setdefault(one.column, []).append(one)
        return {column: some[:_MOST_SLICES] for column, some in found.items()}


def read_explanations(content: Mapping[str, Any]) -> Words:
    """Arrange what the Explainer wrote.

    Args:
        content: `explanations.json`.

    Returns:
        The section.
    """
    order = natural_order(content["classes"])
    by_class = sorted(content["by_class"], key=lambda one: order.index(one["class"]))
    gap = content["gap"]["mean"]
    kinds = {FAITHFUL: "good", NOT_FAITHFUL: "bad"}
    return Words(
        verdict=content["verdict"],
        kind=kinds.get(content["deletion"]["verdict"], "plain"),
        classes=tuple(map(_class, by_class)),
        slices=tuple(_slices(content["by_slice"], order)),
        curve=tuple(map(_point, content["deletion"]["curve"])),
        facts={
            **{name: content[name] for name in ("rows", "split", "steps", "min_rows")},
            "of": sum(content["seen"].values()),
            "gap": gap,
            "is_rough": gap is not None and gap > _LARGE_GAP,
        },
    )


def _class(one: Mapping[str, Any]) -> ClassWords:
    return ClassWords(
        name=one["class"],
        rows=one["rows"],
        wrong=one["wrong"],
        expected=one["expected"],
        words=tuple(_word(word) for word in one["words"][:_MOST_WORDS]),
        left_out=one["left_out"],
        stability=one["stability"],
    )


def _word(word: Mapping[str, Any]) -> WordBar:
    return WordBar(word["word"], word["rows"], word["mean"], word["low"], word["high"])


def _point(one: Mapping[str, Any]) -> CurvePoint:
    return CurvePoint(one["words"], one["rows"], _mean(one["top"]), _mean(one["random"]))


def _mean(found: Mapping[str, float | None]) -> tuple[float, float, float]:
    value, low, high = (
        math.nan if found[name] is None else float(found[name] or 0)
        for name in ("value", "low", "high")
    )
    return value, low, high


def _slices(found: Sequence[Mapping[str, Any]], classes: Sequence[str]) -> Iterator[SliceWords]:
    columns = list(dict.fromkeys(one["column"] for one in found))
    values = natural_order({one["value"] for one in found})
    places = {value: place for place, value in enumerate(values)}
    for one in sorted(
        found,
        key=lambda one: (
            columns.index(one["column"]),
            places[one["value"]],
            classes.index(one["class"]),
        ),
    ):
        words = tuple((word["word"], word["mean"]) for word in one["words"][:_SLICE_WORDS])
        yield SliceWords(one["column"], one["value"], one["class"], one["rows"], words)


SECTION = OutputSection(
    name="explanations",
    title="Explanations",
    heading="Which words decide",
    node="Explainer",
    output="explanations",
    setting="explain.enabled=true",
    read=lambda made, _: read_explanations(
        json.loads(read_file(f"{made.uri}/{EXPLANATIONS_FILE}"))
    ),
    helpers={"word_bars": word_bars, "deletion_curve": deletion_curve},
)
