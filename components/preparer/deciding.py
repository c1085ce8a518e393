"""Between the passes: decide on all rows by what is known of each."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.preparation.comparing.decisions import Decision, Judge, decide
from bert_aas.preparation.comparing.facts import RowFacts
from bert_aas.preparation.comparing.near_duplicates import NearTexts
from bert_aas.preparation.params import PreparationRules
from bert_aas.preparation.rows import Reason
from components.preparer.near_texts import open_near_texts
from components.preparer.parts import Part, load_array, save_array

COPIES, REASONS = "copies.npy", "decided.npy"
_FEWEST_CLASSES = 2


class Decided:
    """All rows of all parts, and what becomes of each.

    Attributes:
        facts: What is known of them.
        decision: What becomes of them.
        classes: Names of the classes, by their numbers.
        splits: Names of the splits, by their numbers.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        rules: PreparationRules,
        splits: Sequence[str],
        judge: Judge | None = None,
    ) -> None:
        """Decide.

        Args:
            parts: The parts, in the order of their files.
            rules: The rules.
            splits: Names of the splits.
            judge: Judges labels, if `label_errors` is not `off`.
        """
        self.splits = splits
        self.classes = sorted({name for part in parts for name in part.classes})
        self.facts = RowFacts.joined([self._facts(part) for part in parts])
        with _near_texts(parts, rules) as near:
            self.decision: Decision = decide(self.facts, rules, splits, near, judge)

    def _facts(self, part: Part) -> RowFacts:
        numbers = np.array([self.classes.index(name) for name in part.classes], np.int32)
        split = self.splits.index(part.file.split)
        return RowFacts(
            texts=load_array(f"{part.folder}/texts.npy"),
            orders=load_array(f"{part.folder}/orders.npy"),
            labels=numbers[load_array(f"{part.folder}/labels.npy")],
            splits=np.full(part.rows, split, np.int8),
            reasons=load_array(f"{part.folder}/reasons.npy"),
        )

    def save(self, parts: Sequence[Part]) -> None:
        """Tell each part what becomes of its rows.

        Args:
            parts: The parts, in the order of their files.
        """
        start = 0
        for part in parts:
            rows = slice(start, start + part.rows)
            save_array(f"{part.folder}/{COPIES}", self.decision.copies[rows])
            save_array(f"{part.folder}/{REASONS}", self.decision.reasons[rows])
            start += part.rows

    def rows_of(self, split: str) -> Any:
        """Tell which rows are of a split.

        Args:
            split: Its name.

        Returns:
            bool `[n]`.
        """
        return self.facts.splits == self.splits.index(split)

    def written_by_class(self, split: str) -> dict[str, int]:
        """Count the rows that a split has in the end.

        Args:
            split: Its name.

        Returns:
            Rows by class, repetitions counted; classes without rows are left out.
        """
        mine = self.rows_of(split)
        counts = np.bincount(self.facts.labels[mine], self.decision.copies[mine])
        return {self.classes[place]: int(counts[place]) for place in np.flatnonzero(counts)}

    def dropped_by_reason(self, split: str) -> dict[Reason, int]:
        """Count the rows that a split loses.

        Args:
            split: Its name.

        Returns:
            Rows by reason; reasons without rows are left out.
        """
        counts = np.bincount(self.decision.reasons[self.rows_of(split)])
        return {Reason(why): int(counts[why]) for why in np.flatnonzero(counts) if why}

    def check(self) -> None:
        """Refuse rows that no classifier can be trained on.

        Raises:
            InvalidInputError: If a split has no row left, the train split fewer than two classes,
                or another split a class that the train split lacks.
        """
        written = {split: self.written_by_class(split) for split in self.splits}
        trained = written["train"]
        for split, classes in written.items():
            if not classes:
                raise InvalidInputError(
                    f"prepare: no row of the split '{split}' is left; {self._why(split)}"
                )
            lacking = next((name for name in classes if name not in trained), None)
            if lacking is not None:
                raise InvalidInputError(
                    f"prepare: the class '{lacking}' has rows in the split '{split}' and none in "
                    "'train'; drop it (prepare.drop_labels) or give more rows."
                )
        if len(trained) < _FEWEST_CLASSES:
            raise InvalidInputError(
                f"prepare: all rows of the split 'train' that are left have the class "
                f"'{next(iter(trained))}'; a classifier needs two."
            )

    def _why(self, split: str) -> str:
        dropped = self.dropped_by_reason(split)
        counts = (f"{rows} {why.called}" for why, rows in dropped.items())
        return f"dropped were: {', '.join(counts)}."


def _near_texts(
    parts: Sequence[Part], rules: PreparationRules
) -> AbstractContextManager[NearTexts | None]:
    return nullcontext() if rules.near_duplicates.threshold is None else open_near_texts(parts)
