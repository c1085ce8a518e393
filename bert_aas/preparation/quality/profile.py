"""Look at rows one after the other, and count what a preparation could do for them."""

from array import array
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from bert_aas.preparation.labels import same_class
from bert_aas.preparation.params import TextRules
from bert_aas.preparation.quality.findings import Finding, FoundRows
from bert_aas.preparation.quality.repeats import Places, RepeatedTexts
from bert_aas.preparation.texts.cleaning import TextCleaner
from bert_aas.preparation.texts.steps import STEPS

UNEVEN = 3
"""Largest class in terms of the smallest beyond which accuracy says little of the small one."""

FEW_CHARACTERS = 10
"""A text with fewer after cleaning says little of its class."""


class Profile:
    """Accumulates over the rows of a table."""

    def __init__(self, count_tokens: Callable[[str], int] | None, max_tokens: int) -> None:
        """Start with no rows.

        Args:
            count_tokens: Gives the length of a text in tokens; None if that is not known.
            max_tokens: A longer text is cut.
        """
        self.labels: Counter[str] = Counter()
        self._lengths = array("l")
        self._found = FoundRows()
        self._repeats = RepeatedTexts()
        self._clean = TextCleaner(TextRules())
        self._count_tokens = count_tokens
        self._max_tokens = max_tokens

    def add(
        self, file: str, numbers: Sequence[int], texts: Sequence[str], labels: Sequence[str]
    ) -> None:
        """Take rows into account.

        Args:
            file: Name of their file; the rows of one file come one after the other.
            numbers: Their numbers there, n of them.
            texts: Their texts.
            labels: Their labels.
        """
        self.labels.update(labels)
        for number, text, label in zip(numbers, texts, labels, strict=True):
            cleaned = self._look_at(f"{file}:{number}", text)
            if cleaned:
                self._repeats.add(file, number, cleaned, label)

    def add_unusable(self, row: str, reason: str, missing_label: bool) -> None:
        """Take a row into account that cannot be used.

        Args:
            row: Its name.
            reason: Why.
            missing_label: Whether it would be usable if it had a label.
        """
        if missing_label:
            self._found.add("no_label", row)
        else:
            self._found.add("unusable", f"{row}: {reason}")

    def _look_at(self, row: str, text: str) -> str:
        """Note what a text is like; give it after cleaning."""
        for name, step in STEPS.items():
            if step(text) != text:
                self._found.add(name, row)
        cleaned = self._clean(text).text
        if len(cleaned) < FEW_CHARACTERS:
            self._found.add("short" if cleaned else "empty", row)
        if self._count_tokens:
            tokens = self._count_tokens(cleaned)
            self._lengths.append(tokens)
            if tokens > self._max_tokens:
                self._found.add("long", row)
        return cleaned

    def lengths(self) -> npt.NDArray[np.int64]:
        """Give the length of each text after cleaning in tokens; empty if it is not known."""
        return np.array(self._lengths, np.int64)

    def spellings(self) -> dict[str, tuple[str, ...]]:
        """Give labels that seem to be one: the most frequent spelling and the others."""
        groups: dict[str, list[str]] = {}
        for label, _ in self.labels.most_common():
            groups.setdefault(same_class(label).casefold(), []).append(label)
        return {first: tuple(others) for first, *others in groups.values() if others}

    def findings(self) -> tuple[Finding, ...]:
        """Give all that was found; call it once, after the last row."""
        self._note("equal", self._repeats.repeated())
        self._note("near_equal", self._repeats.nearly_repeated())
        self._note("conflicts", self._repeats.conflicting())
        for kept, others in self.spellings().items():
            for label in others:
                self._found.add("label_spellings", f"{label} for {kept}", self.labels[label])
        self._note_imbalance()
        return self._found.findings()

    def _note_imbalance(self) -> None:
        ranked = self.labels.most_common()
        if ranked and ranked[0][1] > UNEVEN * ranked[-1][1]:
            (large, most), (small, few) = ranked[0], ranked[-1]
            self._found.add("imbalance", f"{small}; {large} has {most:,}", few)

    def _note(self, name: str, places: Places) -> None:
        for place in places.tolist():
            self._found.add(name, self._repeats.name(place))
