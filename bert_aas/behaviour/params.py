"""A behavioural test, as the configuration writes it."""

import math
import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from bert_aas.contracts.params import FrozenParams
from bert_aas.tables.values import spelt_label

Kind = Literal["right", "same", "other"]
RIGHT, SAME, OTHER = "right", "same", "other"

_OPEN = re.compile(r"\{(\w+)\}")

MOST_CASES = 10_000
"""Cases of one test: more are a mistake in the words."""


class BehaviourRow(FrozenParams):
    """One row of a test: a text, or a template with `{word}`s."""

    text: str
    text_pair: str | None = None
    label: str | None = None
    changed: str | None = None

    @field_validator("label", mode="before")
    @classmethod
    def _spelt(cls, given: Any) -> Any:
        """Take a number of a YAML file for the class that it is."""
        return spelt_label(given)


class BehaviourParams(FrozenParams):
    """One test: what kind, its rows, and how a text is changed.

    Kinds: `right` (each row gets its label), `same` (a change must not change the label), `other`
    (a change must change it).
    """

    name: str = Field(min_length=1, max_length=200)
    kind: Kind
    rows: tuple[BehaviourRow, ...] = Field(min_length=1)
    words: dict[str, tuple[str, ...]] = Field(default={})
    swaps: tuple[tuple[str, str], ...] = ()
    min_share: float = Field(default=1.0, ge=0, le=1)

    @model_validator(mode="after")
    def _fits_together(self) -> "BehaviourParams":
        problem = self._problem()
        if problem:
            raise ValueError(f"the test {self.name!r} {problem}")
        return self

    def _problem(self) -> str | None:
        empty = [name for name, choices in self.words.items() if not choices]
        if empty:
            return f"has no words for {{{empty[0]}}}"
        if any(not old.strip() for old, _ in self.swaps):
            return "swaps an empty word"
        for row in self.rows:
            problem = self._problem_of(row)
            if problem:
                return f"{problem} in the row {row.text!r}"
        if sum(self.count(row) for row in self.rows) > MOST_CASES:
            return f"makes more than {MOST_CASES:,} cases: give fewer words"
        return None

    def _problem_of(self, row: BehaviourRow) -> str | None:
        unknown = [name for name in self.named(row) if name not in self.words]
        if unknown:
            return f"has no words for {{{unknown[0]}}}"
        if self.kind == RIGHT:
            return "needs a label" if row.label is None else None
        if self.kind == OTHER and row.changed is None and not self.swaps:
            return "needs `changed`, or `swaps`"
        varies = row.changed is not None or self.swaps or self.named(row)
        return None if varies else "needs {words}, `swaps` or `changed`"

    def named(self, row: BehaviourRow) -> tuple[str, ...]:
        """Return the words that a row leaves open.

        Args:
            row: A row of the test.

        Returns:
            Their names, each once; none where the test has no words: braces are text then.
        """
        if not self.words:
            return ()
        texts = (row.text, row.text_pair or "", row.changed or "")
        return tuple(dict.fromkeys(name for text in texts for name in _OPEN.findall(text)))

    def count(self, row: BehaviourRow) -> int:
        """Count the ways to fill a row."""
        return math.prod(len(self.words[name]) for name in self.named(row))

    def fill(self, text: str, chosen: Mapping[str, str]) -> str:
        """Put words into a template.

        Args:
            text: The template.
            chosen: Name to word.

        Returns:
            The text.
        """
        return _OPEN.sub(lambda found: chosen.get(found[1], found[0]), text)
