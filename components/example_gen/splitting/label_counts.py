"""Count rows by label and split, and refuse labels that no classifier can learn.

Every class must have rows in the train split: a class that only evaluation data hold would drop out
of the model without a word.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.params import FrozenParams
from components.example_gen.params import DataParams, SplitFractions

RowsBySplit: TypeAlias = tuple[int, int, int]
"""Rows in the train, eval and test split."""

MAX_CLASSES = 200
"""More labels than this are refused unless `data.max_classes` allows them."""

_MIN_CLASSES = 2
_MIN_MEAN_ROWS = 2  # of a class
_FEW_CLASSES = 10  # so few may be rare by chance
_MAX_LISTED = 1000
_MAX_SPELT = 60  # characters
_MAX_NAMED = 5


class LabelSummary(FrozenParams):
    """The labels of the data.

    Attributes:
        counts: Rows by label, the most frequent first, 1,000 labels at most.
        classes: How many labels there are.
        rows: How many rows.
        untrained: Rows by split of labels that the train split lacks, 1,000 labels at most.
    """

    counts: dict[str, int]
    classes: int
    rows: int
    untrained: dict[str, RowsBySplit]


class LabelCounts:
    """Rows by label and split, counted while rows are read; two of them can be added up."""

    def __init__(self) -> None:
        """Start with no rows."""
        self._rows: Counter[tuple[str, int]] = Counter()

    def add(self, labels: Iterable[str], places: npt.NDArray[np.intp]) -> None:
        """Count rows.

        Args:
            labels: Their labels, n of them.
            places: Their splits' places in `SPLITS`, shape [n].
        """
        self._rows.update(zip(labels, places.tolist(), strict=True))

    def merge(self, other: "LabelCounts") -> None:
        """Add the rows of another count."""
        self._rows.update(other._rows)

    def by_label(self) -> dict[str, RowsBySplit]:
        """Give the rows of each label by split."""
        found: dict[str, list[int]] = {}
        for (label, place), rows in self._rows.items():
            found.setdefault(label, [0, 0, 0])[place] += rows
        return {label: (rows[0], rows[1], rows[2]) for label, rows in found.items()}


def summarize_labels(rows: Mapping[str, RowsBySplit]) -> LabelSummary:
    """Sum up what was counted.

    Args:
        rows: Rows of each label by split; those without one, under "", are no class.

    Returns:
        The summary.
    """
    rows = {label: counts for label, counts in rows.items() if label}
    ranked = sorted(rows, key=lambda label: (-sum(rows[label]), label))
    untrained = [label for label in ranked if not rows[label][0]]
    return LabelSummary(
        counts={label: sum(rows[label]) for label in ranked[:_MAX_LISTED]},
        classes=len(rows),
        rows=sum(map(sum, rows.values())),
        untrained={label: rows[label] for label in untrained[:_MAX_LISTED]},
    )


def check_label_column(labels: LabelSummary, params: DataParams, complete: bool) -> None:
    """Refuse a column that holds no classes: an id, a free text, one value.

    Args:
        labels: What was counted.
        params: Names the column, and how many labels are allowed.
        complete: False if not all rows were read; then only what is certain is refused.

    Raises:
        InvalidInputError: If there are too many labels, or one only.
    """
    given = f"column '{params.label_column}' has {labels.classes:,} different labels in "
    cure = (
        "name the column of the classes in data.label_column, or set data.max_classes: "
        f"{labels.classes} if these are the classes."
    )
    allowed = params.max_classes or MAX_CLASSES
    if labels.classes > allowed:
        raise InvalidInputError(
            f"data.label_column: {given}{labels.rows:,} rows, and {allowed:,} are allowed; {cure}"
        )
    if not complete:
        return
    if not labels.classes:
        raise InvalidInputError(
            f"data.label_column: no row has a label in column '{params.label_column}'."
        )
    is_unique = labels.classes > _FEW_CLASSES and labels.rows < _MIN_MEAN_ROWS * labels.classes
    if is_unique and params.max_classes is None:
        raise InvalidInputError(
            f"data.label_column: {given}{labels.rows:,} rows, fewer than two rows for each; {cure}"
        )
    if labels.classes < _MIN_CLASSES:
        raise InvalidInputError(
            f"data.label_column: all {labels.rows} rows have the label "
            f"'{next(iter(labels.counts))}' in column '{params.label_column}'; "
            "a classifier needs at least two labels."
        )


def check_trained(labels: LabelSummary, params: DataParams) -> None:
    """Refuse data with a class that the train split lacks.

    Args:
        labels: What was counted in all rows.
        params: How rows are split.

    Raises:
        InvalidInputError: If there is such a class.
    """
    if not labels.untrained:
        return
    named = [_where(label, rows) for label, rows in labels.untrained.items()]
    more = len(named) - _MAX_NAMED
    listed = "; ".join(named[:_MAX_NAMED]) + (f"; and {more} more labels" if more > 0 else "")
    raise InvalidInputError(
        f"data: no row of {listed} falls into the train split, so a model could not learn it; "
        f"{_cure(params, len(named))}."
    )


def _where(label: str, rows: RowsBySplit) -> str:
    total = sum(rows)
    kept = " and ".join(
        f"{count:,} in {split}"
        for split, count in zip(SplitFractions.model_fields, rows, strict=True)
        if count
    )
    return f"label '{spelt(label)}' ({total:,} row{'s' if total > 1 else ''}: {kept})"


def _cure(params: DataParams, untrained: int) -> str:
    more = "move data.split_by.cuts" if params.deciding.time else "enlarge data.splits.train"
    if params.split_files.given:
        more = "add some to the train rows"
    elif params.deciding.split:
        more = f"name other rows 'train' in the column '{params.deciding.split}'"
    other = f"{more}, give more rows of that label, or leave it out"
    if untrained > _MAX_NAMED:
        other += f"; or is '{params.label_column}' not the column of the classes"
    if params.stratify or params.deciding.column:
        return other
    return f"set data.stratify: true, which splits each label by itself, {other}"


def spelt(label: str) -> str:
    """Shorten a long label for a sentence."""
    return label if len(label) <= _MAX_SPELT else f"{label[:_MAX_SPELT]}…"
