from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bert_aas.preparation.params import CleaningStep, PersonalData, TextRules
from bert_aas.preparation.texts.plain import PlainTexts, is_plain
from bert_aas.preparation.texts.steps import STEPS, sought_by

ALL = TextRules(clean=get_args(CleaningStep), personal_data=get_args(PersonalData))
SOUGHT = sought_by(ALL.steps)
FRAGMENTS = (
    "so soft",
    " ",
    "  ",
    "é",
    "e\u0301",
    "\u00ad",
    "5",
    "12345",
    "@",
    "<",
    "&",
    "\n",
    "\0",
)
TEXTS = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3), max_size=5).map("".join)


@pytest.mark.parametrize("text", ["", "so soft!", "très doux 👍", "size 12, 345", "[EMAIL]"])
def test_most_texts_are_plain(text: str) -> None:
    assert is_plain(text, SOUGHT)


@given(text=TEXTS)
@settings(max_examples=300)
def test_no_step_changes_a_plain_text(text: str) -> None:
    for name, step in STEPS.items():
        if is_plain(text, sought_by([name])):
            assert step(text) == text


def test_no_step_changes_a_plain_character() -> None:
    codes = [*range(0xD800), *range(0xE000, 0x20000), *range(0xE0000, 0xE0200)]
    texts = [f"a{chr(code)}b" for code in codes]
    changed = [text for text in texts if any(step(text) != text for step in STEPS.values())]
    assert changed
    assert not [text for text in changed if is_plain(text, SOUGHT)]


@given(texts=st.lists(TEXTS), before=st.sampled_from([b"", b" ", b"\n"]))
@settings(max_examples=300)
def test_many_texts_are_told_as_each_alone(texts: list[str], before: bytes) -> None:
    encoded = [before + text.encode() for text in texts]
    ends = np.cumsum([len(text) for text in encoded], dtype=np.int64)
    starts = ends - [len(text) - len(before) for text in encoded]
    found = PlainTexts(SOUGHT)(b"".join(encoded), starts, ends)
    assert found.tolist() == [is_plain(text, SOUGHT) for text in texts]
