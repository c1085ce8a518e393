"""Count rows by facet, group and class: all that the metrics need, in level memory."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bert_aas.bias.questions import Facet, Question, as_number, same_value, spelt_value
from bert_aas.contracts.errors import InvalidInputError

MOST_VALUES = 100
"""Different values of a column of groups, or of a facet that is compared value by value."""

MOST_CLASSES = 200

ALL_ROWS = ""
"""The group of every row, where there is no column of groups."""

_NO_GROUP = "(none)"
_SHOWN = 20

Ints = NDArray[np.int64]
Side = str | bool
Cell = tuple[str, ...]


@dataclass(frozen=True)
class Contrast:
    """Facet a and facet d, counted.

    Attributes:
        facet: What the facet is called.
        value: Which rows are facet d.
        parts: What parts the rows: the same for two contrasts that compare the same rows.
        counts: Rows `[2, groups, classes]`: facet a, facet d.
    """

    facet: str
    value: str
    parts: frozenset[Any]
    counts: Ints


@dataclass(frozen=True)
class Counted:
    """All rows, counted.

    Attributes:
        question: What was asked.
        rows: Rows that were read.
        without_label: Rows among them that have no class and are left out.
        without_value: Name of a facet to the rows that have no value of it and are left out there.
        classes: The classes; numbers in their order, then words.
        groups: The groups, sorted.
        contrasts: What is compared.
    """

    question: Question
    rows: int
    without_label: int
    without_value: Mapping[str, int]
    classes: tuple[str, ...]
    groups: tuple[str, ...]
    contrasts: tuple[Contrast, ...]


class RowCounter:
    """Counts batches of rows; its size does not depend on how many there are."""

    def __init__(self, question: Question) -> None:
        """Start with no rows.

        Args:
            question: What to count.
        """
        self._question = question
        self._tallies = [Tally(facet, question.texts) for facet in question.facets]
        self._rows = self._without_label = 0
        self._classes: set[str] = set()
        self._groups: set[str] = set()

    def add(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Count some rows.

        Args:
            columns: The values of each of `Question.columns`, equally many.

        Raises:
            InvalidInputError: If a column has too many different values, or no numbers for a bound.
        """
        question = self._question
        labels = list(map(class_of, columns[question.label]))
        groups = groups_of(question, columns, len(labels))
        self._rows += len(labels)
        self._without_label += labels.count(None)
        self._classes.update(label for label in labels if label is not None)
        self._groups.update(groups)
        check_number(question.label, self._classes, MOST_CLASSES, "classes")
        check_number(str(question.group), self._groups, MOST_VALUES, "groups")
        cells = [
            None if label is None else (group, label)
            for group, label in zip(groups, labels, strict=True)
        ]
        for tally in self._tallies:
            tally.add(columns, cells)

    def counted(self) -> Counted:
        """Put the counts together.

        Returns:
            All that was counted.

        Raises:
            InvalidInputError: If there is no row with a class, fewer than two classes, or a facet
                or a positive class that no row has.
        """
        classes = ordered_classes(self._question.label, self._classes)
        groups = tuple(sorted(self._groups))
        axes = (groups, classes)
        return Counted(
            question=self._question,
            rows=self._rows,
            without_label=self._without_label,
            without_value={tally.facet.called: tally.without for tally in self._tallies},
            classes=classes,
            groups=groups,
            contrasts=tuple(
                Contrast(tally.facet.called, part.value, part.parts, part.table(axes, (0, 1)))
                for tally in self._tallies
                for part in tally.parted()
            ),
        )


@dataclass(frozen=True)
class Parted:
    """The rows of a facet in two parts.

    Attributes:
        value: Which rows are facet d.
        parts: As in `Contrast`.
        d: What `Tally.sides` has of the rows of facet d.
        counts: Side and cell to rows.
    """

    value: str
    parts: frozenset[Any]
    d: Side
    counts: Mapping[tuple[Side, Cell], int]

    def table(self, axes: Sequence[Sequence[str]], places: Sequence[int]) -> Ints:
        """Count the rows by some entries of their cells.

        Args:
            axes: The values of each entry, in their order.
            places: Which entries of a cell these are.

        Returns:
            Rows `[2, …]`: facet a, facet d.
        """
        indices = [{value: place for place, value in enumerate(axis)} for axis in axes]
        counts = np.zeros((2, *map(len, axes)), np.int64)
        for (side, cell), number in self.counts.items():
            entries = zip(indices, places, strict=True)
            place = (int(side == self.d), *(axis[cell[entry]] for axis, entry in entries))
            counts[place] += number
        return counts


class Tally:
    """The counts of one facet; a row counts in its cell, such as its group and its class."""

    def __init__(self, facet: Facet, texts: Sequence[str]) -> None:
        """Start with no rows.

        Args:
            facet: Whom to compare.
            texts: Columns in which patterns are looked for.
        """
        self.facet = facet
        self.without = 0
        self._sides = _sides_by(facet, texts)
        self._counts: Counter[tuple[Side, Cell]] = Counter()
        self._values: set[Side] = set()
        self._others: set[str] = set()  # values of the column that were not asked for, some of them

    def add(
        self, columns: Mapping[str, Sequence[Any]], cells: Sequence[Cell | None]
    ) -> list[Side | None]:
        """Count some rows.

        Args:
            columns: As for `RowCounter.add`.
            cells: The cell of each row; `None`: the row is left out.

        Returns:
            The side of each row, or its value; `None` if it has none.

        Raises:
            InvalidInputError: If the facet has too many values.
        """
        sides = self._sides(columns)
        found = [(side, cell) for side, cell in zip(sides, cells, strict=True) if cell is not None]
        kept = [(side, cell) for side, cell in found if side is not None]
        self.without += len(found) - len(kept)
        self._counts.update(kept)
        self._values.update(side for side, _ in kept)
        if self.facet.is_open:
            check_number(str(self.facet.column), self._values, MOST_VALUES, "values")
        elif self.facet.values and len(self._others) < _SHOWN:
            values = map(spelt_value, columns[str(self.facet.column)])
            self._others.update(value for value in values if value is not None)
        return sides

    def parted(self) -> Iterable[Parted]:
        """Part the rows: each value against the rest, or those asked for.

        Yields:
            Facet a and facet d.

        Raises:
            InvalidInputError: If there is nothing to compare.
        """
        self._check()
        is_open = self.facet.is_open
        values = sorted(map(str, self._values), key=_in_order)
        for value in values if is_open else [""]:
            d: Side = value if is_open else True
            rest = frozenset(side for side in self._values if side != d)
            yield Parted(
                value=value or self.facet.shown_value,
                parts=frozenset({frozenset({d}), rest} if is_open else {value, self}),
                d=d,
                counts=self._counts,
            )

    def _check(self) -> None:
        facet = self.facet
        if facet.is_open and len(self._values) < 2:  # noqa: PLR2004
            raise InvalidInputError(
                f"the column '{facet.column}' has {len(self._values)} different values; a facet "
                "needs at least two"
            )
        if facet.is_open or len(self._values) == 2:  # noqa: PLR2004
            return
        missing = "every row" if True in self._values else "no row"
        raise InvalidInputError(
            f"{missing} belongs to the facet '{facet.called}' ({facet.shown_value}), so there is "
            f"nothing to compare{self._seen()}"
        )

    def _seen(self) -> str:
        if not self.facet.values:
            return ""
        shown = ", ".join(repr(value) for value in sorted(self._others)[:_SHOWN])
        return f"; values of the column are {shown}" if shown else "; the column has no values"


def class_of(value: Any) -> str | None:
    """Spell a class as ExampleGen does: blanks around it are cut off."""
    return (spelt_value(value) or "").strip() or None


def groups_of(question: Question, columns: Mapping[str, Sequence[Any]], rows: int) -> Sequence[str]:
    """Give the group of each row; without a column of groups it is one for all."""
    if question.group is None:
        return [ALL_ROWS] * rows
    return [spelt_value(value) or _NO_GROUP for value in columns[question.group]]


def ordered_classes(column: str, found: Iterable[str]) -> tuple[str, ...]:
    """Put classes in their order: numbers, then words.

    Args:
        column: Where they are from.
        found: The classes.

    Returns:
        The same, sorted.

    Raises:
        InvalidInputError: If there are fewer than two.
    """
    classes = tuple(sorted(found, key=_in_order))
    if len(classes) < 2:  # noqa: PLR2004
        raise InvalidInputError(
            f"the column '{column}' has {len(classes)} different values; bias is measured between "
            "at least two classes"
        )
    return classes


def _sides_by(
    facet: Facet, texts: Sequence[str]
) -> Callable[[Mapping[str, Sequence[Any]]], list[Side | None]]:
    """Make what says of each row on which side it is, or its value; `None`: it has none."""
    if facet.patterns:
        found = re.compile(rf"(?<!\w)(?:{'|'.join(facet.patterns)})(?!\w)", re.IGNORECASE)
        return lambda columns: _found_in(found, [columns[name] for name in texts])
    name = str(facet.column)
    if facet.values:
        return lambda columns: [_is_one_of(facet.values, value) for value in columns[name]]
    if facet.is_open:
        return lambda columns: [spelt_value(value) for value in columns[name]]
    return lambda columns: [_is_beyond(facet, value) for value in columns[name]]


def _found_in(found: re.Pattern[str], columns: Sequence[Sequence[Any]]) -> list[Side | None]:
    rows = zip(*columns, strict=True)
    return [any(found.search(spelt_value(text) or "") for text in row) for row in rows]


def _is_one_of(values: Sequence[str], value: Any) -> bool | None:
    text = spelt_value(value)
    return None if text is None else any(same_value(given, text) for given in values)


def _is_beyond(facet: Facet, value: Any) -> bool | None:
    text = spelt_value(value)
    if text is None:
        return None
    number = as_number(text)
    if number is None:
        raise InvalidInputError(
            f"the facet '{facet.called}' has the bound {facet.shown_value}, but the column "
            f"'{facet.column}' holds {text!r}, which is no number"
        )
    if facet.above is not None:
        return number > facet.above
    return number < float(facet.below or 0)


def check_number(column: str, found: set[Any], most: int, what: str) -> None:
    """Refuse a column with more different values than can be compared."""
    if len(found) > most:
        cure = "name values, a bound or" if what == "values" else "name"
        raise InvalidInputError(
            f"the column '{column}' has more than {most} different {what}; {cure} another column"
        )


def _in_order(value: str) -> tuple[bool, float, str]:
    number = as_number(value)
    return number is None, number or 0.0, value
