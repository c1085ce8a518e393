"""Which rows stay, once all are known: equal texts, nearly equal ones, balance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bert_aas.preparation.comparing.balancing import Copies, copies_of
from bert_aas.preparation.comparing.duplicates import resolve_equal_texts
from bert_aas.preparation.comparing.facts import Hashes, Places, Reasons, RowFacts
from bert_aas.preparation.comparing.near_duplicates import NearTexts, find_near_duplicates
from bert_aas.preparation.label_errors import LabelError
from bert_aas.preparation.params import PreparationRules
from bert_aas.preparation.rows import Reason

Judge = Callable[[Places], Sequence[LabelError]]
"""Gives those of some rows whose label is probably wrong, by their places among all rows."""


@dataclass(frozen=True)
class Decision:
    """What becomes of each row.

    Attributes:
        copies: How often it is there, int32 `[n]`.
        reasons: Why it is dropped (`Reason`), uint8 `[n]`.
        label_errors: Rows of the train split whose label is probably wrong, dropped or not.
    """

    copies: Copies
    reasons: Reasons
    label_errors: tuple[LabelError, ...] = ()


def decide(
    rows: RowFacts,
    rules: PreparationRules,
    splits: Sequence[str],
    near: NearTexts | None,
    judge: Judge | None = None,
) -> Decision:
    """Decide on all rows; their order in the data does not matter.

    Args:
        rows: All rows.
        rules: The rules.
        splits: Names of the splits, by their numbers.
        near: What nearly equal texts are found with, if `near_duplicates.threshold` is given.
        judge: Judges the labels of the train split, if `label_errors` is not `off`.

    Returns:
        Copies, reasons and doubtful labels.
    """
    rows = resolve_equal_texts(rows, rules)
    threshold = rules.near_duplicates.threshold
    if near is not None and threshold is not None:
        rows = _without_near_duplicates(rows, near, threshold)
    errors = tuple(judge(_trained(rows, splits))) if judge else ()
    if rules.label_errors == "drop":
        places: Places = np.array([error.place for error in errors], np.intp)
        rows = rows.dropping(places, Reason.LABEL_ERROR)
    balanced = tuple(splits.index(name) for name in rules.balance_splits if name in splits)
    copies = copies_of(rows, rules.balance, balanced)
    left_out = np.flatnonzero((rows.reasons == Reason.KEPT) & (copies == 0))
    return Decision(copies, rows.dropping(left_out, Reason.DOWNSAMPLED).reasons, errors)


def _trained(rows: RowFacts, splits: Sequence[str]) -> Places:
    """Give the rows of the train split in an order that does not depend on the files."""
    kept = rows.kept
    mine = kept[rows.splits[kept] == splits.index("train")] if "train" in splits else kept[:0]
    order: Places = mine[np.lexsort((rows.texts[mine], rows.orders[mine]))]
    return order


def _without_near_duplicates(rows: RowFacts, near: NearTexts, threshold: float) -> RowFacts:
    """Look at one row of each text; rows of equal texts share its fate."""
    kept = rows.kept
    kept = kept[np.lexsort((rows.orders[kept], rows.texts[kept]))]
    first = kept[np.flatnonzero(_is_new(rows.texts[kept]))]
    order: Places = first[np.lexsort((rows.texts[first], rows.orders[first]))]
    del first
    found = find_near_duplicates(near, order, threshold)
    fate = kept[np.isin(rows.texts[kept], rows.texts[found])]
    return rows.dropping(fate, Reason.NEAR_DUPLICATE)


def _is_new(texts: Hashes) -> "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]":
    is_new = np.ones(len(texts), bool)
    is_new[1:] = texts[1:] != texts[:-1]
    return is_new
