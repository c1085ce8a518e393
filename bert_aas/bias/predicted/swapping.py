"""Measure what swapped words change in the predictions."""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bert_aas.bias.intervals import Interval, wilson
from bert_aas.bias.metric_names import SWAPS
from bert_aas.bias.predicted.word_swaps import Pairs, Swapped, WordSwapper
from bert_aas.contracts.figures import decimals_that_show

Floats = NDArray[np.float32]

MOST_EXAMPLES = 10


@dataclass(frozen=True)
class SwapFigures:
    """What swapping changed in some rows.

    Attributes:
        rows: Rows with a word of the pairs.
        flipped: Those with another label after it.
        change: Mean change of the probability of the label before it, without sign.
        interval: Lower and upper end of the share of flipped labels, if there are rows.
    """

    rows: int
    flipped: int
    change: float
    interval: Interval | None

    @property
    def share(self) -> float:
        """Share of the rows with another label; 0 without rows."""
        return self.flipped / self.rows if self.rows else 0.0

    def described(self) -> dict[str, Any]:
        """Return values that JSON can hold."""
        return {
            "rows": self.rows,
            "flipped": self.flipped,
            "share": self.share,
            "interval": list(self.interval) if self.interval else None,
            "mean_change": self.change,
        }


@dataclass(frozen=True)
class PairFigures:
    """What swapping changed in the rows with a word of one pair; other pairs may be there, too.

    Attributes:
        words: The pair.
        figures: Of all rows with one of the words.
        shifts: Class to the mean change of its probability from the first word to the second, over
            rows with one of the two words alone.
    """

    words: tuple[str, str]
    figures: SwapFigures
    shifts: Mapping[str, float]


@dataclass(frozen=True)
class SwapExample:
    """A row whose prediction changed.

    Attributes:
        texts: As they were, one or two.
        swapped: With the words swapped.
        label: Predicted before.
        swapped_label: Predicted after it.
        change: Of the probability of the label before.
    """

    texts: tuple[str, ...]
    swapped: tuple[str, ...]
    label: str
    swapped_label: str
    change: float


@dataclass(frozen=True)
class SwapReport:
    """What swapping words changes.

    Attributes:
        rows: All rows that were read.
        overall: Of all rows with a word of any pair.
        pairs: Of each pair.
        examples: The rows that changed most, those with another label first.
    """

    rows: int
    overall: SwapFigures
    pairs: tuple[PairFigures, ...]
    examples: tuple[SwapExample, ...]

    def beyond(self, limit: float | None) -> str:
        """Say whether more labels change than allowed.

        Args:
            limit: The largest share; `None`: any.

        Returns:
            One sentence without a full stop; empty if not.
        """
        share = self.overall.share
        if limit is None or share <= limit:
            return ""
        decimals = decimals_that_show(lambda shown: shown > limit, share)
        return (
            f"{SWAPS} is {share:.{decimals}f}: the label of {self.overall.flipped:,} of "
            f"{self.overall.rows:,} rows changes where words are swapped, and at most "
            f"{limit:.15g} is allowed"
        )

    def described(self, limit: float | None = None) -> dict[str, Any]:
        """Describe it for programs.

        Args:
            limit: The largest share of labels that may change.

        Returns:
            Values that JSON can hold.
        """
        return {
            "rows": self.rows,
            "overall": self.overall.described(),
            "pairs": [
                {"words": list(one.words), **one.figures.described(), "shifts": dict(one.shifts)}
                for one in self.pairs
            ],
            "examples": [asdict(one) for one in self.examples],
            "max": limit,
            "verdict": self.beyond(limit),
        }


@dataclass
class _Sums:
    """What is added up over rows."""

    rows: int = 0
    flipped: int = 0
    change: float = 0.0
    one_sided: int = 0
    shifts: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    def figures(self) -> SwapFigures:
        mean = self.change / self.rows if self.rows else 0.0
        interval = wilson(self.flipped, self.rows) if self.rows else None
        return SwapFigures(self.rows, self.flipped, mean, interval)


class SwapCounter:
    """Adds up what swapping changes; its size does not depend on the number of rows."""

    def __init__(self, pairs: Pairs, classes: Sequence[str]) -> None:
        """Start with no rows.

        Args:
            pairs: The words.
            classes: The model's classes, in the order of its probabilities.
        """
        self._pairs = tuple(pairs)
        self._classes = tuple(classes)
        self._swapper = WordSwapper(pairs)
        self._rows = 0
        self._overall = _Sums()
        self._of_pairs = [_Sums(shifts=np.zeros(len(classes))) for _ in pairs]
        self._examples: list[tuple[bool, float, int, SwapExample]] = []

    def swap(self, rows: Sequence[tuple[str, ...]]) -> list[tuple[Swapped, ...] | None]:
        """Swap the words of rows.

        Args:
            rows: The texts of each, one or two.

        Returns:
            The same with words swapped; `None` for rows without such a word.
        """
        self._rows += len(rows)
        return [_swapped(self._swapper, texts) for texts in rows]

    def add(
        self, texts: tuple[str, ...], swapped: tuple[Swapped, ...], before: Floats, after: Floats
    ) -> None:
        """Add a row.

        Args:
            texts: As they were.
            swapped: As `swap` made them.
            before: Probabilities of the classes of the texts, `[C]`.
            after: The same with words swapped.
        """
        label, new_label = int(before.argmax()), int(after.argmax())
        change = float(after[label] - before[label])
        pairs = frozenset[int]().union(*(one.pairs for one in swapped))
        first = frozenset[int]().union(*(one.forward for one in swapped))
        second = frozenset[int]().union(*(one.backward for one in swapped))
        for sums in (self._overall, *(self._of_pairs[place] for place in pairs)):
            sums.rows += 1
            sums.flipped += label != new_label
            sums.change += abs(change)
        for place in pairs:
            sign = (place in first) - (place in second)
            self._of_pairs[place].one_sided += abs(sign)
            self._of_pairs[place].shifts += sign * (after.astype(np.float64) - before)
        names = self._classes[label], self._classes[new_label]
        example = SwapExample(texts, tuple(one.text for one in swapped), *names, change)
        key = (label != new_label, abs(change), -self._overall.rows, example)
        keep = heapq.heappush if len(self._examples) < MOST_EXAMPLES else heapq.heappushpop
        keep(self._examples, key)

    def report(self) -> SwapReport:
        """Put the figures together.

        Returns:
            The report.
        """
        found: Iterable[tuple[bool, float, int, SwapExample]] = sorted(self._examples, reverse=True)
        return SwapReport(
            rows=self._rows,
            overall=self._overall.figures(),
            pairs=tuple(
                PairFigures(words, sums.figures(), self._shifts(sums))
                for words, sums in zip(self._pairs, self._of_pairs, strict=True)
            ),
            examples=tuple(example for *_, example in found),
        )

    def _shifts(self, sums: _Sums) -> dict[str, float]:
        if not sums.one_sided:
            return {}
        means = (sums.shifts / sums.one_sided).tolist()
        return dict(zip(self._classes, means, strict=True))


def _swapped(swapper: WordSwapper, texts: tuple[str, ...]) -> tuple[Swapped, ...] | None:
    found = [swapper.swap(text) for text in texts]
    if not any(found):
        return None
    nothing = frozenset[int]()
    return tuple(
        one or Swapped(text, nothing, nothing, nothing)
        for one, text in zip(found, texts, strict=True)
    )
