"""Write the cases of a behavioural test out: texts, and what must hold of their labels."""

import functools
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from bert_aas.behaviour.params import RIGHT, SAME, BehaviourParams, BehaviourRow


@dataclass(frozen=True)
class Text:
    """A text, or a pair of texts."""

    text: str
    text_pair: str | None = None


@dataclass(frozen=True)
class Case:
    """One thing that must hold.

    Attributes:
        text: What the model is asked.
        changed: The same, changed; `None`: the label itself must be right.
        label: The label that the changed text, or else the text, must get.
    """

    text: Text
    changed: Text | None = None
    label: str | None = None


def cases(test: BehaviourParams) -> list[Case]:
    """Write a test out.

    Args:
        test: The test.

    Returns:
        Its cases.
    """
    return [case for row in test.rows for case in _cases_of(test, row)]


def _cases_of(test: BehaviourParams, row: BehaviourRow) -> Iterator[Case]:
    filled = list(_filled(test, row))
    if test.kind == RIGHT:
        yield from (Case(text, label=row.label) for text, _ in filled)
        return
    if test.kind == SAME:  # all ways to fill a template must get one label
        first = filled[0][0]
        yield from (Case(first, other, row.label) for other, _ in filled[1:])
    for text, changed in filled:
        if changed is not None:
            yield Case(text, changed, row.label)
        yield from (Case(text, other, row.label) for other in _swapped(test, text))


def _filled(test: BehaviourParams, row: BehaviourRow) -> Iterator[tuple[Text, Text | None]]:
    names = test.named(row)
    for chosen in itertools.product(*(test.words[name] for name in names)):
        words = dict(zip(names, chosen, strict=True))
        pair = None if row.text_pair is None else test.fill(row.text_pair, words)
        changed = None if row.changed is None else test.fill(row.changed, words)
        text = Text(test.fill(row.text, words), pair)
        yield text, None if changed is None else Text(changed, pair)


def _swapped(test: BehaviourParams, text: Text) -> Iterator[Text]:
    """Swap whole words, one pair at a time; a text without the word makes no case."""
    for old, new in test.swaps:
        word = re.compile(rf"(?<!\w){re.escape(old)}(?!\w)", re.IGNORECASE)
        changed, count = word.subn(functools.partial(_as_spelt, new), text.text)
        if count:
            yield Text(changed, text.text_pair)


def _as_spelt(new: str, found: re.Match[str]) -> str:
    """Write the first letter as large as that of the word it replaces."""
    return new[:1].upper() + new[1:] if found[0][:1].isupper() else new
