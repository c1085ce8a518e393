import pytest
import tensorflow as tf

from models.text.text_normalization import TextNormalizer

LONGEST = 100


@pytest.fixture(scope="module")
def lower() -> TextNormalizer:
    return TextNormalizer(True, LONGEST, "\ufffd")


@pytest.fixture(scope="module")
def cased() -> TextNormalizer:
    return TextNormalizer(False, LONGEST, "\ufffd")


def _apply(normalizer: TextNormalizer, text: str | bytes) -> str:
    return str(normalizer(tf.constant([text])).numpy()[0].decode())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CAF\u00c9", "cafe"),  # composed accent
        ("CAFE\u0301", "cafe"),  # accent of its own
        ("a\x00b\x07c\u200bd\u00ade", "abcde"),  # NUL, bell, zero width, soft hyphen
        ("a\ufffdb", "ab"),
        ("a\tb\nc\rd\u00a0e\u2028f\u3000g", "a b c d e f g"),
        ("\u0130", "i"),  # a capital dotted i
        ("\u039f\u03a3", "\u03bf\u03c3"),  # no final sigma
        ("\u00df\u2026\u00bd", "\u00df \u2026 \u00bd"),  # nothing is folded
    ],
)
def test_lower_casing_normalizer(lower: TextNormalizer, text: str, expected: str) -> None:
    assert _apply(lower, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("E\u0301A", "\u00c9A"), ("\u212b", "\u00c5"), ("a\x1fB", "aB")],
)
def test_cased_normalizer_composes_and_keeps_case(
    cased: TextNormalizer, text: str, expected: str
) -> None:
    assert _apply(cased, text) == expected


def test_bytes_that_are_not_utf8_are_dropped(cased: TextNormalizer) -> None:
    assert _apply(cased, b"fi\xffne") == "fine"


@pytest.mark.parametrize("character", ["x", "\u00df", "\U0001f600"])
def test_words_of_more_than_the_longest_become_unknown(
    cased: TextNormalizer, character: str
) -> None:
    word = character * LONGEST
    assert _apply(cased, f"a {word} b") == f"a {word} b"
    assert _apply(cased, f"a {word}{character} b") == "a \ufffd b"


def test_punctuation_and_cjk_end_a_long_word(cased: TextNormalizer) -> None:
    half = "y" * 60
    for mark in "-_$\u4e2d\u2026":
        assert "\ufffd" not in _apply(cased, half + mark + half)
