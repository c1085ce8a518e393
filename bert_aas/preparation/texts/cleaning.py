"""A text by all its rules.

What one step leaves can be work for an earlier one (`&amp;lt;b&amp;gt;` is a tag in the end), so
all steps run twice. A text that would change a third time is *unsettled* and not trained on:
Transform's graph cleans the texts again that were cleaned before, and must not change them.
"""

from collections.abc import Sequence
from typing import NamedTuple

from bert_aas.preparation.params import TextRules
from bert_aas.preparation.texts.plain import is_plain
from bert_aas.preparation.texts.steps import STEPS, sought_by

ROUNDS = 2


class CleanedText(NamedTuple):
    """A text after all steps.

    Attributes:
        text: The text.
        changed: The steps that changed it, in their order.
        settled: Whether it stays as it is from now on.
    """

    text: str
    changed: tuple[str, ...] = ()
    settled: bool = True


class TextCleaner:
    """Applies rules to texts.

    Example:
        >>> TextCleaner(TextRules())("very  <i>soft</i>").text
        'very soft'
    """

    def __init__(self, rules: TextRules) -> None:
        """Choose the steps.

        Args:
            rules: Names them.
        """
        self._steps = [(name, STEPS[name]) for name in rules.steps]
        self._sought = sought_by(rules.steps)

    def __call__(self, text: str) -> CleanedText:
        """Clean a text.

        Args:
            text: A text without halves of surrogate pairs.

        Returns:
            What became of it.
        """
        if is_plain(text, self._sought):
            return CleanedText(text)
        if self._steps:
            text = text.replace("\0", "")  # no table has any; TensorFlow's ops end there
        changed: set[str] = set()
        cleaned = self._round(text, changed)
        if cleaned == text or is_plain(cleaned, self._sought):
            return CleanedText(cleaned, _in_order(self._steps, changed))
        for _ in range(ROUNDS - 1):
            cleaned = self._round(cleaned, changed)
        settled = self._round(cleaned, set()) == cleaned
        return CleanedText(cleaned, _in_order(self._steps, changed), settled)

    def _round(self, text: str, changed: set[str]) -> str:
        for name, step in self._steps:
            before = text
            text = step(text)
            if text != before:
                changed.add(name)
        return text


def _in_order(steps: Sequence[tuple[str, object]], changed: set[str]) -> tuple[str, ...]:
    return tuple(name for name, _ in steps if name in changed) if changed else ()
