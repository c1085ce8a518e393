"""Reads JSON's strings, numbers and words as RapidJSON does, with the places of its errors.

Source:
    RapidJSON 1.1.0, `reader.h` (`ParseStringToStream`, `ParseNumber`, `ParseTrue`).
"""

import json
import math
import re
from typing import Any

_STRINGS = json.JSONDecoder()
_HIGH = "[dD][89abAB][0-9a-fA-F]{2}"
_LOW = "[dD][c-fC-F][0-9a-fA-F]{2}"
_SURROGATE_ESCAPE = re.compile(rf"\\u(?:{_HIGH}|{_LOW})")
_PAIR_HALF_OR_OTHER = re.compile(rf"\\u{_HIGH}\\u{_LOW}|(\\u{_LOW})|\\.", re.DOTALL)
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})')
_FIRST_HALF = re.compile(rf"\\u{_HIGH}")
_SECOND_HALF = re.compile(rf"\\u{_LOW}")
_MAX_ESCAPES = 1_500_000  # in a broken string, some 2 s; only texts made to be slow have more
_BAD_HEX = "Incorrect hex digit after \\u escape in string."
_BAD_PAIR = "The surrogate pair in string is invalid."
_NOT_A_NUMBER = re.compile(r"-?(?:NaN|(?:Na?)?Inf(?:inity)?)")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][+-]?[0-9]*)?")
_WORDS: dict[str, tuple[str, Any]] = {
    "t": ("true", True),
    "f": ("false", False),
    "n": ("null", None),
}
_INT64 = (-(2**63), 2**64 - 1)  # with uint64
_MAX_DIGITS = 20  # of a 64-bit integer, with its sign
_MAX_EXPONENT = 308
_LONG_EXPONENT = 10  # digits


class ScalarError(ValueError):
    """A scalar that cannot be read.

    Attributes:
        phrase: RapidJSON's phrase.
        position: Where it points to.
    """

    def __init__(self, phrase: str, position: int) -> None:
        """Keep both."""
        super().__init__(phrase)
        self.phrase = phrase
        self.position = position


def read_string(text: str, start: int) -> tuple[str, int]:
    """Read a string.

    Args:
        text: The document.
        start: Where its first quotation mark is.

    Returns:
        The string, and where it ends. An escape that is the second half of a surrogate pair alone
        stands for three bytes that are no UTF-8, as there: they are surrogate escapes.

    Raises:
        ScalarError: If it is broken.
    """
    try:
        value, end = _STRINGS.raw_decode(text, start)
    except json.JSONDecodeError as exc:
        raise _string_error(text, start) or ScalarError(exc.msg, exc.pos) from exc
    raw = text[start:end]
    if _SURROGATE_ESCAPE.search(raw):
        if error := _string_error(text, start):
            raise error
        value = json.loads(_PAIR_HALF_OR_OTHER.sub(_bytes_of_half, raw))
    return str(value), end


def _bytes_of_half(found: "re.Match[str]") -> str:
    if found[1] is None:
        return found[0]
    half = chr(int(found[1][2:], 16)).encode("utf-8", "surrogatepass")
    return half.decode("ascii", "surrogateescape")


def _string_error(text: str, start: int) -> ScalarError | None:
    """Find what is wrong with a string; None if nothing is."""
    position = start + 1
    for _ in range(_MAX_ESCAPES):
        plain = _PLAIN.match(text, position)
        position = plain.end() if plain else position
        character = text[position : position + 1]
        if character == '"':
            return None
        if character in {"", "\0"}:
            return ScalarError("Missing a closing quotation mark in string.", position)
        end, phrase = _read_escape(text, position)
        if phrase:
            return ScalarError(phrase, position)
        position = end
    return ScalarError("The document is too complex.", position)


def _read_escape(text: str, start: int) -> tuple[int, str]:
    """Return where an escape ends, or what is wrong with it."""
    found = _ESCAPE.match(text, start)
    if found is None:
        is_hex = text.startswith("\\u", start)
        return start, _BAD_HEX if is_hex else "Invalid escape character in string."
    if not _FIRST_HALF.match(found.group()):
        return found.end(), ""
    second = _ESCAPE.match(text, found.end())
    if second is None and text.startswith("\\u", found.end()):
        return start, _BAD_HEX
    if second is None or not _SECOND_HALF.match(second.group()):
        return start, _BAD_PAIR
    return second.end(), ""


def read_literal(text: str, start: int) -> tuple[Any, int]:
    """Read a number, `true`, `false` or `null`.

    Args:
        text: The document.
        start: Where it begins.

    Returns:
        The value, and where it ends.

    Raises:
        ScalarError: If there is none.
    """
    word, value = _WORDS.get(text[start : start + 1], ("", None))
    if word:
        end = start + _common_length(text, start, word)
        if end == start + len(word):
            return value, end
        raise ScalarError("Invalid value.", end)
    number = _NUMBER.match(text, start)
    if number:
        return _number(number), number.end()
    return _not_a_number(text, start)


def _common_length(text: str, start: int, word: str) -> int:
    length = 0
    while length < len(word) and text[start + length : start + length + 1] == word[length]:
        length += 1
    return length


def _not_a_number(text: str, start: int) -> tuple[float, int]:
    found = _NOT_A_NUMBER.match(text, start)
    position = start + text.startswith("-", start)
    if found is None:
        for word in ("NaN", "Inf"):  # that reader looks for the second where the first breaks off
            position += _common_length(text, position, word)
        raise ScalarError("Invalid value.", position)
    literal, end = found.group(), found.end()
    if literal.endswith("Inf") and text[end : end + 1] == "i":
        raise ScalarError("Invalid value.", end + _common_length(text, end, "inity"))
    if literal.endswith("NaN"):
        return math.nan, end
    return (-math.inf if literal.startswith("-") else math.inf), end


def _number(found: "re.Match[str]") -> int | float:
    digits, fraction, exponent = found.groups()
    if fraction == ".":
        raise ScalarError("Miss fraction part in number.", found.end(2))
    if exponent is not None and not exponent[-1].isdigit():
        raise ScalarError("Miss exponent in number.", found.end(3))
    if fraction is None and exponent is None and len(found.group()) <= _MAX_DIGITS:
        value = int(found.group())
        if _INT64[0] <= value <= _INT64[1]:
            return value
    if _is_too_large(exponent or "e0", fraction or ".") or math.isinf(float(digits)):
        raise ScalarError("Number too big to be stored in double.", found.start())
    return float(found.group())  # may be infinite, as there


def _is_too_large(exponent: str, fraction: str) -> bool:
    """Tell whether an exponent is too large by itself; smaller ones may give infinity."""
    digits = exponent[1:].lstrip("+").lstrip("0") or "0"
    if digits.startswith("-"):
        return False
    return len(digits) > _LONG_EXPONENT or int(digits) > _MAX_EXPONENT + len(fraction) - 1
