"""Equal texts: which rows stay, and in which split."""

import numpy as np
import numpy.typing as npt

from bert_aas.preparation.comparing.facts import Places, RowFacts
from bert_aas.preparation.params import PreparationRules
from bert_aas.preparation.rows import Reason

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]


def resolve_equal_texts(rows: RowFacts, rules: PreparationRules) -> RowFacts:
    """Settle labels that contradict each other, then keep each text in one split.

    Args:
        rows: All rows.
        rules: `conflicts` and `duplicates`.

    Returns:
        The rows with those dropped that do not stay. No text is in two splits.
    """
    if rules.conflicts != "keep":
        rows = _without_conflicts(rows, rules.conflicts == "majority")
    rows = _in_one_split(rows, rules.duplicates == "keep")
    return rows if rules.duplicates == "keep" else _each_once(rows)


def _without_conflicts(rows: RowFacts, majority: bool) -> RowFacts:
    """Drop rows whose text has other labels, too; the most frequent label's may stay."""
    kept, texts = _by_text(rows)
    labels = rows.labels[kept].astype(np.int64)
    pairs, pair_of, counts = np.unique(
        texts * (int(labels.max(initial=0)) + 1) + labels, return_inverse=True, return_counts=True
    )
    text_of_pair = pairs // (int(labels.max(initial=0)) + 1)
    conflicting = np.bincount(text_of_pair)[texts] > 1 if len(texts) else np.zeros(0, bool)
    stays = _winners(text_of_pair, counts)[pair_of] if majority else np.zeros(len(kept), bool)
    return rows.dropping(kept[conflicting & ~stays], Reason.CONFLICT)


def _winners(text_of_pair: Numbers, counts: Numbers) -> Flags:
    """Tell which of a text's labels has more rows than any other one."""
    if not len(counts):
        return np.zeros(0, bool)
    starts = np.flatnonzero(np.diff(text_of_pair, prepend=-1))
    is_most = counts == np.maximum.reduceat(counts, starts)[text_of_pair]
    winners: Flags = is_most & (np.bincount(text_of_pair, is_most)[text_of_pair] == 1)
    return winners


def _in_one_split(rows: RowFacts, keep: bool) -> RowFacts:
    """Keep each text in the split of its first row, by the hashes of the keys."""
    kept, texts = _by_text(rows)
    splits = rows.splits[kept]
    first = np.flatnonzero(np.diff(texts, prepend=-1))
    moved = kept[splits != splits[first][texts]]
    return rows.dropping(moved, Reason.IN_ANOTHER_SPLIT if keep else Reason.DUPLICATE)


def _each_once(rows: RowFacts) -> RowFacts:
    """Keep one row of each text and label."""
    kept = rows.kept
    order = np.lexsort((rows.orders[kept], rows.labels[kept], rows.texts[kept]))
    kept = kept[order]
    texts, labels = rows.texts[kept], rows.labels[kept]
    again = np.zeros(len(kept), bool)
    again[1:] = (texts[1:] == texts[:-1]) & (labels[1:] == labels[:-1])
    return rows.dropping(kept[again], Reason.DUPLICATE)


def _by_text(rows: RowFacts) -> tuple[Places, Numbers]:
    """Sort the kept rows by text, then key; number the texts from 0 on."""
    kept = rows.kept
    kept = kept[np.lexsort((rows.orders[kept], rows.texts[kept]))]
    texts = rows.texts[kept]
    is_new = np.ones(len(kept), bool)
    is_new[1:] = texts[1:] != texts[:-1]
    return kept, np.cumsum(is_new, dtype=np.int64) - 1
