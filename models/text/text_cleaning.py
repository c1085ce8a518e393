"""The rules of a preparation as a graph: the model cleans the texts it is asked about itself.

Each step does what the one of the same name in `bert_aas.preparation.texts.steps` does, byte for
byte; the patterns are the same strings, which RE2 and Python's `re` read alike.
"""

import functools
import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import tensorflow as tf
import tensorflow_text as tf_text

from bert_aas.contracts import personal_data
from bert_aas.preparation.params import TextRules
from bert_aas.preparation.texts import patterns
from bert_aas.preparation.texts.cleaning import ROUNDS
from bert_aas.preparation.texts.steps import sought_by

Step = Callable[[tf.Tensor], tf.Tensor]

_INVISIBLE = f"{patterns.re2_class(patterns.INVISIBLE)}+"
_BLANKS = f"{patterns.re2_class(patterns.BLANKS)}+"
_NO_BLANK = patterns.re2_class(patterns.BLANKS).replace("[", "[^", 1)
_LATE = f"(?s).*{patterns.re2_class(patterns.LATE_MARKS)}.*"
_DECIMALS, _HEX_DIGITS = 7, 6
_HEX_NUMBER = "&#[xX].*"
_NUMBER = "&#.*"
_NAME_BYTES = 8  # the longest name of a character
_ZERO, _LETTERS, _LOWER_CASE, _HIGHEST_DIGIT = ord("0"), ord("a") - 10, 0x20, 9
_SURROGATES, _LAST_CODE = (0xD800, 0xDFFF), 0x10FFFF
_BLANK, _DELETE = 0x20, 0x7F
_NUMBERS = {"phone", "card_number"}
"""Steps that leave a text of few digits as it is: the shortest number has six."""
_FEW_DIGITS = "[^0-9]*(?:[0-9][^0-9]*){0,5}"


class GraphCleaner:
    """Cleans a batch of texts as `bert_aas.preparation.texts.cleaning.TextCleaner` cleans one."""

    def __init__(self, rules: TextRules) -> None:
        """Choose the steps.

        Args:
            rules: Names them.
        """
        self._steps = rules.steps

    def __call__(self, texts: tf.Tensor) -> tf.Tensor:
        """Clean texts.

        Args:
            texts: string `[n]`; bytes that are not UTF-8 become U+FFFD, NULs go.

        Returns:
            string `[n]`.
        """
        return _traced(self._steps)(texts) if self._steps else texts


@functools.cache
def _traced(steps: tuple[str, ...]) -> Callable[[tf.Tensor], tf.Tensor]:
    """Trace the steps once in a process: Transform makes its graph six times."""
    signature = [tf.TensorSpec([None], tf.string)]
    with tf.init_scope():

        @tf.function(input_signature=signature, autograph=False)
        def clean_once(texts: tf.Tensor) -> tf.Tensor:
            for name in steps:
                texts = _STEPS[name](texts)
            return texts

        @tf.function(input_signature=signature, autograph=False)
        def clean(texts: tf.Tensor) -> tf.Tensor:
            return _clean(texts, steps, clean_once)

        return clean.get_concrete_function()  # type: ignore[no-any-return]


def _clean(texts: tf.Tensor, steps: Sequence[str], clean_once: Step) -> tf.Tensor:
    is_plain = tf.strings.regex_full_match(texts, _plain(steps))
    if not _NUMBERS.isdisjoint(steps):
        is_plain &= tf.strings.regex_full_match(texts, _FEW_DIGITS)

    def clean_others() -> tf.Tensor:
        others = tf.where(~is_plain)
        cleaned = _thoroughly(tf.gather_nd(texts, others), clean_once)
        return tf.tensor_scatter_nd_update(texts, others, cleaned)

    return tf.cond(tf.reduce_all(is_plain), lambda: texts, clean_others)


def _thoroughly(texts: tf.Tensor, clean_once: Step) -> tf.Tensor:
    texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")
    texts = tf.strings.regex_replace(texts, r"\x00", "")  # TF Text's splitting ends there
    cleaned = clean_once(texts)

    def clean_again() -> tf.Tensor:
        again = cleaned
        for _ in range(ROUNDS - 1):
            again = clean_once(again)
        return again

    return tf.cond(tf.reduce_all(cleaned == texts), lambda: cleaned, clean_again)


def _plain(steps: Sequence[str]) -> str:
    """Write the pattern of texts that no step changes: most texts, told by one look at each.

    Args:
        steps: Names of the steps.

    Returns:
        A pattern for the whole text: words of ASCII with one blank between them, without what a
        step looks for.
    """
    sought = sought_by(steps)
    letters = "".join(chr(code) for code in range(_BLANK + 1, _DELETE) if chr(code) not in sought)
    word = f"[{re.escape(letters)}]+"
    return f"(?:{word}(?: {word})*)?"


def _without_html(texts: tf.Tensor) -> tf.Tensor:
    texts = tf.strings.regex_replace(texts, patterns.SCRIPT, " ")
    texts = _each_found(texts, patterns.ENTITY, _entities)
    return tf.strings.regex_replace(texts, patterns.TAG, " ")


def _each_found(texts: tf.Tensor, pattern: str, replaced: Step) -> tf.Tensor:
    """Hand everything that a pattern finds to a function, and put in its place what it gives."""

    def put_in() -> tf.Tensor:
        return _put_in(texts, pattern, replaced)

    # Most texts have nothing of it, and looking for it is all that they cost.
    has_some = tf.strings.regex_full_match(texts, f"(?s:.*)(?:{pattern})(?s:.*)")
    return tf.cond(tf.reduce_any(has_some), put_in, lambda: texts)


def _put_in(texts: tf.Tensor, pattern: str, replaced: Step) -> tf.Tensor:
    # NULs are gone, so they can stand around what is found. Not by TF Text's splitting: it checks
    # its result, for which TFX's Transform would clean and tokenize in its analysis, too.
    marked = tf.strings.regex_replace(texts, f"(?:{pattern})", "\0\\0\0")
    # The plain op: a RaggedTensor of the parts is a hundred operations more.
    split = tf.raw_ops.StringSplitV2(input=marked, sep="\0")
    is_found = tf.strings.regex_full_match(split.values, pattern)
    found = tf.where(is_found)
    new = replaced(tf.gather_nd(split.values, found))
    values = tf.tensor_scatter_nd_update(split.values, found, new)
    return tf.strings.unsorted_segment_join(values, split.indices[:, 0], tf.size(texts))


def _entities(found: tf.Tensor) -> tf.Tensor:
    """Read entities; those that mean no character stay."""
    names = tf.strings.regex_replace(found, "[&;]", "")
    is_hex = tf.strings.regex_full_match(found, _HEX_NUMBER)
    numbers = tf.where(
        is_hex,
        _number(tf.strings.regex_replace(names, "^#[xX]", ""), _HEX_DIGITS, 16),
        _number(tf.strings.regex_replace(names, "^#", ""), _DECIMALS, 10),
    )
    is_number = tf.strings.regex_full_match(found, _NUMBER)
    codes = tf.where(is_number, _meant(numbers), _named(names))
    characters = tf.strings.unicode_encode(codes[:, tf.newaxis], "UTF-8", errors="replace")
    return tf.where(codes > 0, characters, found)


def _number(digits: tf.Tensor, width: int, base: int) -> tf.Tensor:
    """Read numbers; what is none gives any value."""
    values = tf.cast(_last_bytes(digits, width), tf.int32)
    letters = tf.bitwise.bitwise_or(values, _LOWER_CASE) - _LETTERS
    values = tf.where(values - _ZERO <= _HIGHEST_DIGIT, values - _ZERO, letters)
    powers = tf.constant([base**place for place in reversed(range(width))], tf.int32)
    return tf.reduce_sum(values * powers, axis=1)


def _last_bytes(texts: tf.Tensor, width: int) -> tf.Tensor:
    """Give the last bytes of texts, zeros before them if they are shorter, uint8 `[n, width]`."""
    padded = tf.strings.join(["0" * width, texts])
    places = tf.strings.length(padded) - width
    padded = tf.strings.substr(padded, places, tf.fill(tf.shape(places), width))
    return tf.io.decode_raw(padded, tf.uint8, fixed_length=width)


def _meant(numbers: tf.Tensor) -> tf.Tensor:
    """Give the code points that numbers mean, 0 for none."""
    lowest, highest = _SURROGATES
    is_surrogate = (numbers >= lowest) & (numbers <= highest)
    valid = (numbers > 0) & (numbers <= _LAST_CODE) & ~is_surrogate
    table = np.arange(0xA0, dtype=np.int32)
    for number, code in patterns.MEANT.items():
        table[number] = code
    small = tf.gather(tf.constant(table), tf.clip_by_value(numbers, 0, len(table) - 1))
    return tf.where(valid, tf.where(numbers < len(table), small, numbers), 0)


def _named(names: tf.Tensor) -> tf.Tensor:
    """Give the code points of named characters, 0 for unknown names."""
    keys = np.array([_as_number(name) for name in patterns.NAMED])
    order = np.argsort(keys)
    codes = np.array([*patterns.NAMED.values()], np.int32)[order]
    given = tf.io.decode_raw(names, tf.int64, fixed_length=_NAME_BYTES)[:, 0]
    places = tf.minimum(tf.searchsorted(keys[order], given), len(keys) - 1)
    return tf.where(tf.gather(keys[order], places) == given, tf.gather(codes, places), 0)


def _as_number(name: str) -> int:
    """Read the bytes of a name as one number, as TensorFlow's `decode_raw` does."""
    return int.from_bytes(name.encode().ljust(_NAME_BYTES, b"\0"), "little", signed=True)


def _without_control_characters(texts: tf.Tensor) -> tf.Tensor:
    return tf.strings.regex_replace(texts, _INVISIBLE, "")


def _composed(texts: tf.Tensor) -> tf.Tensor:
    stays = tf.strings.regex_full_match(texts, _LATE)
    return tf.where(stays, texts, tf_text.normalize_utf8(texts, "NFC"))


def _single_spaced(texts: tf.Tensor) -> tf.Tensor:
    def spaced() -> tf.Tensor:
        return tf.strings.strip(tf.strings.regex_replace(texts, _BLANKS, " "))

    # To replace each blank takes ten times as long as to see that all are single.
    is_single = tf.strings.regex_full_match(texts, f"(?:{_NO_BLANK}+(?: {_NO_BLANK}+)*)?")
    return tf.cond(tf.reduce_all(is_single), lambda: texts, spaced)


def _without_emails(texts: tf.Tensor) -> tf.Tensor:
    return tf.strings.regex_replace(texts, personal_data.EMAIL, personal_data.MARKS["email"])


def _without_phones(texts: tf.Tensor) -> tf.Tensor:
    return tf.strings.regex_replace(texts, personal_data.PHONE, personal_data.MARKS["phone"])


def _without_cards(texts: tf.Tensor) -> tf.Tensor:
    return _each_found(texts, personal_data.CARD, _cards)


def _cards(found: tf.Tensor) -> tf.Tensor:
    """Put the mark in place of numbers whose check digit is right."""
    digits = tf.strings.regex_replace(found, r"[ \-]", "")
    values = tf.cast(_last_bytes(digits, personal_data.LONGEST_CARD), tf.int32) - _ZERO
    doubled = 2 * values - _HIGHEST_DIGIT * tf.cast(2 * values > _HIGHEST_DIGIT, tf.int32)
    every_other = np.arange(personal_data.LONGEST_CARD) % 2 == personal_data.LONGEST_CARD % 2
    total = tf.reduce_sum(tf.where(every_other, doubled, values), axis=1)
    return tf.where(total % 10 == 0, personal_data.MARKS["card_number"], found)


_STEPS: Mapping[str, Step] = {
    "html": _without_html,
    "control_characters": _without_control_characters,
    "unicode": _composed,
    "white_space": _single_spaced,
    "email": _without_emails,
    "phone": _without_phones,
    "card_number": _without_cards,
}
