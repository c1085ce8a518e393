"""Count what was predicted of which rows, and keep a sample for the flip test."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bert_aas.bias.counting import (
    MOST_CLASSES,
    MOST_VALUES,
    Cell,
    Ints,
    Parted,
    Side,
    Tally,
    check_number,
    class_of,
    groups_of,
    ordered_classes,
)
from bert_aas.bias.predicted.flip_test import Doubles, Vectors, nearest
from bert_aas.bias.questions import Question, as_number, spelt_value
from bert_aas.contracts.errors import InvalidInputError

MOST_VECTORS = 5000
"""Rows among which the flip test looks for neighbours; of more, a random sample is kept."""

_SEED = 20


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Rows of the sample, and those of facet a that are near to the ones of facet d.

    Attributes:
        predicted_a: Places of the predicted classes of facet a.
        predicted_d: The same of facet d.
        places: For each row of facet d, its nearest rows of facet a.
    """

    predicted_a: Ints
    predicted_d: Ints
    places: Ints


@dataclass(frozen=True, eq=False)
class PredictedContrast:
    """Facet a and facet d with what was predicted of them.

    Attributes:
        facet: What the facet is called.
        value: Which rows are facet d.
        parts: What parts the rows, as in `counting.Contrast`.
        outcomes: Rows `[2, classes, classes]`: facet a and d, by label and prediction.
        by_group: Rows `[2, groups, classes]` by group and prediction.
        neighbours: For the flip test, if there are vectors.
    """

    facet: str
    value: str
    parts: frozenset[Any]
    outcomes: Ints
    by_group: Ints
    neighbours: Neighbours | None


@dataclass(frozen=True, eq=False)
class Outcomes:
    """All rows with what was predicted of them, counted.

    Attributes:
        question: What was asked.
        rows: Rows that were read.
        without_label: Rows among them that lack a class or a prediction and are left out.
        without_value: Name of a facet to the rows that have no value of it and are left out there.
        classes: Those of labels and predictions.
        contrasts: What is compared.
        sample: Rows in which the flip test looked for neighbours.
    """

    question: Question
    rows: int
    without_label: int
    without_value: Mapping[str, int]
    classes: tuple[str, ...]
    contrasts: tuple[PredictedContrast, ...]
    sample: int


class OutcomeCounter:
    """Counts batches of rows with predictions; its size does not depend on how many there are."""

    def __init__(self, question: Question) -> None:
        """Start with no rows.

        Args:
            question: What to count; `predicted` names the column of the predictions.
        """
        self._question = question
        self._tallies = [Tally(facet, question.texts) for facet in question.facets]
        self._rows = self._left_out = 0
        self._classes: set[str] = set()
        self._groups: set[str] = set()
        self._sample = _Sample()

    def add(self, columns: Mapping[str, Sequence[Any]], vectors: Vectors | None = None) -> None:
        """Count some rows.

        Args:
            columns: The values of each of `Question.columns`, equally many.
            vectors: What the flip test compares rows by, `[rows, width]`; by default the numbers of
                `Question.features`, if any are named.

        Raises:
            InvalidInputError: If a column has too many different values, or no numbers.
        """
        question = self._question
        labels = list(map(class_of, columns[question.label]))
        predicted = list(map(class_of, columns[str(question.predicted)]))
        groups = groups_of(question, columns, len(labels))
        cells: list[Cell | None] = [
            None if label is None or answer is None else (group, label, answer)
            for group, label, answer in zip(groups, labels, predicted, strict=True)
        ]
        self._rows += len(cells)
        self._left_out += cells.count(None)
        self._classes.update(name for cell in cells if cell for name in cell[1:])
        self._groups.update(groups)
        check_number(question.label, self._classes, MOST_CLASSES, "classes")
        check_number(str(question.group), self._groups, MOST_VALUES, "groups")
        sides = [tally.add(columns, cells) for tally in self._tallies]
        if vectors is None and question.features:
            vectors = _numbers(columns, question.features)
        if vectors is not None:
            self._sample.add(vectors, cells, sides)

    def outcomes(self) -> Outcomes:
        """Put the counts together.

        Returns:
            All that was counted.

        Raises:
            InvalidInputError: If there is no row with a class, fewer than two classes, or a facet
                that no row has.
        """
        classes = ordered_classes(self._question.label, self._classes)
        axes = (tuple(sorted(self._groups)), classes)
        return Outcomes(
            question=self._question,
            rows=self._rows,
            without_label=self._left_out,
            without_value={tally.facet.called: tally.without for tally in self._tallies},
            classes=classes,
            contrasts=tuple(self._contrasts(axes)),
            sample=len(self._sample.rows),
        )

    def _contrasts(self, axes: tuple[Sequence[str], Sequence[str]]) -> Iterable[PredictedContrast]:
        groups, classes = axes
        for place, tally in enumerate(self._tallies):
            for part in tally.parted():
                yield PredictedContrast(
                    facet=tally.facet.called,
                    value=part.value,
                    parts=part.parts,
                    outcomes=part.table((classes, classes), (1, 2)),
                    by_group=part.table((groups, classes), (0, 2)),
                    neighbours=self._sample.neighbours(place, part, classes),
                )


@dataclass(frozen=True, eq=False)
class _SampledRow:
    """A row of the sample: vector, predicted class, and its side of each facet."""

    vector: NDArray[Any]
    predicted: str
    sides: tuple[Side | None, ...]


class _Sample:
    """A random sample of rows whose number is not known before (Vitter's algorithm R)."""

    def __init__(self) -> None:
        self.rows: list[_SampledRow] = []
        self._seen = 0
        self._rng = np.random.default_rng(_SEED)

    def add(
        self, vectors: Vectors, cells: Sequence[Cell | None], sides: list[list[Side | None]]
    ) -> None:
        kept = [
            place
            for place, cell in enumerate(cells)
            if cell is not None and np.isfinite(vectors[place]).all()
        ]
        numbers = np.arange(self._seen, self._seen + len(kept))
        self._seen += len(kept)
        for place, target in zip(kept, self._rng.integers(0, numbers + 1).tolist(), strict=True):
            full = len(self.rows) >= MOST_VECTORS
            if full and target >= MOST_VECTORS:
                continue
            cell = cells[place] or ()
            row = _SampledRow(vectors[place].copy(), cell[-1], tuple(each[place] for each in sides))
            if full:
                self.rows[target] = row
            else:
                self.rows.append(row)

    def neighbours(self, facet: int, part: Parted, classes: Sequence[str]) -> Neighbours | None:
        """Find the neighbours; `None` if one side has no row in the sample."""
        known = [row for row in self.rows if row.sides[facet] is not None]
        a = [row for row in known if row.sides[facet] != part.d]
        d = [row for row in known if row.sides[facet] == part.d]
        if not a or not d:
            return None
        ids = {name: place for place, name in enumerate(classes)}
        predicted_a, predicted_d = (
            np.array([ids[row.predicted] for row in rows], np.int64) for rows in (a, d)
        )
        vectors_a, vectors_d = (np.stack([row.vector for row in rows]) for rows in (a, d))
        return Neighbours(predicted_a, predicted_d, nearest(vectors_a, vectors_d))


def _numbers(columns: Mapping[str, Sequence[Any]], names: Sequence[str]) -> Doubles:
    """Read the columns of features; a missing number keeps its row out of the flip test."""
    return np.array([[_number(name, value) for value in columns[name]] for name in names]).T


def _number(name: str, value: Any) -> float:
    text = spelt_value(value)
    found = np.nan if text is None else as_number(text)
    if found is None:
        raise InvalidInputError(
            f"the column '{name}' holds {text!r}, which is no number; the flip test needs numbers"
        )
    return found
