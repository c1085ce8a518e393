"""Prepare rows that are all in memory."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bert_aas.preparation.comparing.decisions import Judge, decide
from bert_aas.preparation.comparing.facts import Places, RowFacts
from bert_aas.preparation.comparing.near_duplicates import NearTexts
from bert_aas.preparation.comparing.shingles import Shingler
from bert_aas.preparation.label_errors import LabelError, find_label_errors
from bert_aas.preparation.params import PreparationRules
from bert_aas.preparation.rows import PreparedRow, Reason, RowPreparer, order_hash, text_hash


@dataclass(frozen=True)
class PreparedTable:
    """Rows and what becomes of each.

    Attributes:
        rows: All rows, also those that are dropped, with reasons for single rows.
        copies: How often each is there; 0 for those that are dropped.
        reasons: Why each is dropped, or `KEPT`.
        label_errors: Rows of `train` whose label is probably wrong, the most suspicious first.
    """

    rows: tuple[PreparedRow, ...]
    copies: tuple[int, ...]
    reasons: tuple[Reason, ...]
    label_errors: tuple[LabelError, ...] = ()

    def dropped(self) -> Counter[str]:
        """Return the number of rows that are dropped, by reason."""
        return Counter(reason.called for reason in self.reasons if reason is not Reason.KEPT)

    def changed(self) -> Counter[str]:
        """Return the number of rows that each rule changed, dropped ones too."""
        return Counter(name for row in self.rows for name in row.changed)


def prepare_table(
    texts: Sequence[Sequence[str]],
    labels: Sequence[str],
    rules: PreparationRules,
    splits: Sequence[str] | None = None,
    keys: Sequence[str] | None = None,
) -> PreparedTable:
    """Prepare rows.

    Args:
        texts: For each row its text and, of a pair, the second one.
        labels: For each row its label; empty if it has none.
        rules: The rules.
        splits: For each row its split; without, all are in `train`.
        keys: For each row its key; without, its number.

    Returns:
        The rows and what becomes of them.

    Example:
        >>> prepare_table([["soft"], ["soft "]], ["1", "1"], PreparationRules()).dropped()
        Counter({'duplicate': 1})
    """
    prepare = RowPreparer(rules)
    rows = [prepare(list(row), label) for row, label in zip(texts, labels, strict=True)]
    splits = splits or ["train"] * len(rows)
    keys = keys or list(map(str, range(len(rows))))
    names = sorted(set(splits))
    decision = decide(
        _facts(rows, rules, [*map(names.index, splits)], keys),
        rules,
        names,
        _near_texts(rows, rules),
        None if rules.label_errors == "off" else _judge(rows, rules.seed),
    )
    return PreparedTable(
        tuple(rows),
        tuple(decision.copies.tolist()),
        tuple(map(Reason, decision.reasons.tolist())),
        decision.label_errors,
    )


def _judge(rows: Sequence[PreparedRow], seed: int) -> Judge:
    def judge(places: Places) -> list[LabelError]:
        judged = [rows[place] for place in places.tolist()]
        texts = [" ".join(row.texts) for row in judged]
        errors = find_label_errors(texts, [row.label for row in judged], seed)
        return [error._replace(place=int(places[error.place])) for error in errors]

    return judge


def _facts(
    rows: Sequence[PreparedRow],
    rules: PreparationRules,
    splits: Sequence[int],
    keys: Sequence[str],
) -> RowFacts:
    classes = {name: place for place, name in enumerate(sorted({row.label for row in rows}))}
    texts = b"".join(text_hash(row.texts) for row in rows)
    orders = b"".join(order_hash(key, rules.seed) for key in keys)
    return RowFacts(
        texts=np.frombuffer(texts, np.uint64),
        orders=np.frombuffer(orders, np.uint64),
        labels=np.array([classes[row.label] for row in rows], np.int32),
        splits=np.array(splits, np.int8),
        reasons=np.array([row.reason for row in rows], np.uint8),
    )


def _near_texts(rows: Sequence[PreparedRow], rules: PreparationRules) -> NearTexts | None:
    threshold = rules.near_duplicates.threshold
    if threshold is None:
        return None
    shingles = Shingler(rules.near_duplicates.words)([" ".join(row.texts) for row in rows])
    return NearTexts.of([shingles], threshold)
