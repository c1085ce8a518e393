"""The clean-up of a text before word pieces, as BERT's basic tokenizer does it, in a graph."""

import functools
import itertools
import sys
import unicodedata
from collections import defaultdict

import tensorflow as tf
import tensorflow_text as tf_text

REPLACEMENT_CHARACTER = "\N{REPLACEMENT CHARACTER}"
_CAPITAL_SIGMA = "\N{GREEK CAPITAL LETTER SIGMA}"
_LAST_ASCII = 0x7F
_ASCII_MARKS = r"!-/:-@\[-`{-~"
_CJK = (
    r"\x{3400}-\x{4dbf}\x{4e00}-\x{9fff}\x{f900}-\x{faff}"
    r"\x{20000}-\x{2a6df}\x{2a700}-\x{2ceaf}\x{2f800}-\x{2fa1f}"
)
# Unicode's categories, by their first letter but for the accents.
_NO_TEXT, _SPACE, _MARK, _ACCENT = "C", "Z", "P", "Mn"


class TextNormalizer:
    r"""Clean texts so that splitting on spaces, punctuation and CJK gives BERT's words.

    What no word can hold is dropped (control, format, private and unassigned characters, U+FFFD,
    bytes that are not UTF-8), all white space becomes a space, composition is NFC or, lower-cased,
    NFD without accents. A word of more than `max_word_characters` becomes `unknown_word`.

    Unicode's tables are those of the Python that builds the graph: Hugging Face's tokenizer uses
    the same ones, while TensorFlow's ICU and RE2 each have another version.

    Source:
        `transformers` 4.57, `BasicTokenizer` and `PreTrainedTokenizer.tokenize`, which lower-cases
        one character at a time: a capital sigma never becomes the final form.
    """

    def __init__(self, do_lower_case: bool, max_word_characters: int, unknown_word: str) -> None:
        """Compute the character classes (about 0.3 s).

        Args:
            do_lower_case: Lower-case and strip accents.
            max_word_characters: Longest word in characters, at most 1,000 (RE2's limit) less one.
            unknown_word: What stands for a longer word: one word that the vocabulary lacks.
        """
        classes = _character_classes()
        self._do_lower_case = do_lower_case
        self._unknown_word = unknown_word
        self._spaces = rf"[\t\n\r{classes[_SPACE]}]+"
        self._dropped = rf"[\x{{fffd}}{classes[_NO_TEXT]}]+"
        self._accents = f"[{classes[_ACCENT]}]+"
        # FastBertTokenizer splits at these too, but by an older table and after the long words.
        self._rare_breaks = f"[{classes[_MARK]}{_CJK}]"
        # Short, since RE2 writes it out for each repetition: rare breaks have spaces by then.
        self._long_word = f"[^ {_ASCII_MARKS}]{{{max_word_characters + 1},}}"

    def __call__(self, texts: tf.Tensor) -> tf.Tensor:
        """Normalise a batch.

        Args:
            texts: string `[n]`, UTF-8; other bytes are dropped.

        Returns:
            string `[n]`.
        """
        texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")
        texts = tf.strings.regex_replace(texts, self._spaces, " ")
        # Before the rest: TensorFlow's lower() ends at a NUL.
        texts = tf.strings.regex_replace(texts, self._dropped, "")
        if self._do_lower_case:
            texts = tf_text.normalize_utf8(_lower(texts), "NFD")
            texts = tf.strings.regex_replace(texts, self._accents, "")
        else:
            texts = tf_text.normalize_utf8(texts, "NFC")
        texts = tf.strings.regex_replace(texts, self._rare_breaks, r" \0 ")
        return tf.strings.regex_replace(texts, self._long_word, self._unknown_word)


def _lower(texts: tf.Tensor) -> tf.Tensor:
    """Lower-case each character by itself, in any locale."""
    # ASCII first: ICU's lower() follows the process's locale, where a Turkish "I" loses its dot.
    texts = tf.strings.lower(texts)
    # ICU alone would write the final form of the letter at a word's end.
    texts = tf.strings.regex_replace(texts, _CAPITAL_SIGMA, _CAPITAL_SIGMA.lower())
    return tf.strings.lower(texts, encoding="utf-8")


@functools.cache
def _character_classes() -> dict[str, str]:
    r"""Write the classes of characters as RE2 ranges, such as `\x{41}-\x{5a}`."""
    ranges: defaultdict[str, str] = defaultdict(str)
    first = 0
    for name, group in itertools.groupby(map(_classify, range(sys.maxunicode + 1))):
        last = first + sum(1 for _ in group) - 1
        ranges[name] += rf"\x{{{first:x}}}-\x{{{last:x}}}"
        first = last + 1
    return ranges


def _classify(code: int) -> str:
    """Name the class of a character."""
    kind = unicodedata.category(chr(code))
    if kind == "Cs":  # surrogates are not in UTF-8
        return ""
    if kind[0] == "P" and code <= _LAST_ASCII:
        return ""
    return kind if kind == _ACCENT else kind[0]
