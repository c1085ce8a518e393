"""The steps, one function each: text to text.

`models.text.text_cleaning` has the same as a TensorFlow graph; a test compares them.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from bert_aas.preparation.texts import patterns

Step = Callable[[str], str]

_SCRIPT = re.compile(patterns.SCRIPT)
_TAG = re.compile(patterns.TAG)
_ENTITY = re.compile(patterns.ENTITY)
_EMAIL = re.compile(patterns.EMAIL, re.ASCII)
_PHONE = re.compile(patterns.PHONE, re.ASCII)
_CARD = re.compile(patterns.CARD, re.ASCII)
_DIGIT = re.compile("[0-9]")
_NUMBER = re.compile("(?:[^0-9]*[0-9]){6}")
_INVISIBLE = re.compile(f"{patterns.python_class(patterns.INVISIBLE)}+")
_INVISIBLE_ASCII = re.compile(r"[\x00-\x08\x0e-\x1b\x7f]")
_LATE = re.compile(patterns.python_class(patterns.LATE_MARKS))
_HIGHEST_DIGIT = 9
_HEX = ("x", "X")


def without_html(text: str) -> str:
    """Cut out scripts and tags, and read entities; escaped tags are tags.

    Args:
        text: A text.

    Returns:
        The text with a blank for each tag.

    Example:
        >>> without_html("cosy &amp; <b>warm</b>")
        'cosy &  warm '
    """
    if "</" in text:
        text = _SCRIPT.sub(" ", text)
    if "&" in text:
        text = _ENTITY.sub(_entity, text)
    return _TAG.sub(" ", text) if "<" in text else text


def _entity(found: "re.Match[str]") -> str:
    name = found[0][1:-1]
    if name[0] != "#":
        code: int | None = patterns.NAMED.get(name)
    else:
        number = int(name[2:], 16) if name[1] in _HEX else int(name[1:])
        code = patterns.meant_code(number)
    return found[0] if code is None else chr(code)


def without_control_characters(text: str) -> str:
    """Cut out control characters and what has no width; tabs, line breaks and joiners stay.

    Args:
        text: A text.

    Returns:
        The text without them.
    """
    if text.isprintable() or (text.isascii() and not _INVISIBLE_ASCII.search(text)):
        return text
    return _INVISIBLE.sub("", text)


def composed(text: str) -> str:
    """Write characters in Unicode's composed form NFC.

    Args:
        text: A text.

    Returns:
        The same characters. A text with one that Unicode has defined of late (a mark, or part of a
        composed letter) stays as it is: what serves a model may not know it.
    """
    if text.isascii() or unicodedata.is_normalized("NFC", text) or _LATE.search(text):
        return text
    return unicodedata.normalize("NFC", text)


def single_spaced(text: str) -> str:
    """Make each run of blanks one blank, and cut off those at both ends.

    Args:
        text: A text.

    Returns:
        The text; line breaks are blanks.
    """
    return " ".join(text.split())


def without_emails(text: str) -> str:
    """Put a mark in place of e-mail addresses.

    Args:
        text: A text.

    Returns:
        The text with marks.
    """
    return _EMAIL.sub(patterns.MARKS["email"], text) if "@" in text else text


def without_phones(text: str) -> str:
    """Put a mark in place of phone numbers.

    Args:
        text: A text.

    Returns:
        The text with marks.
    """
    return text if has_few_digits(text) else _PHONE.sub(patterns.MARKS["phone"], text)


def without_cards(text: str) -> str:
    """Put a mark in place of the numbers of payment cards: the check digit must be right.

    Args:
        text: A text.

    Returns:
        The text with marks.
    """
    return text if has_few_digits(text) else _CARD.sub(_card, text)


def has_few_digits(text: str) -> bool:
    """Tell whether a text has fewer digits than the shortest number: six.

    Args:
        text: A text.

    Returns:
        Whether no step can find a number in it.
    """
    return _DIGIT.search(text) is None or _NUMBER.match(text) is None


def _card(found: "re.Match[str]") -> str:
    digits = [int(digit) for digit in found[0] if digit not in " -"]
    return patterns.MARKS["card_number"] if passes_luhn(digits) else found[0]


def passes_luhn(digits: list[int]) -> bool:
    """Tell whether the last digit is the check digit of those before it.

    Args:
        digits: The digits of a number.

    Returns:
        Whether it is.

    Source:
        ISO/IEC 7812-1, annex B (Luhn's formula).
    """
    doubled = [
        2 * digit - _HIGHEST_DIGIT * (2 * digit > _HIGHEST_DIGIT) for digit in digits[-2::-2]
    ]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


STEPS: Final[Mapping[str, Step]] = {
    "html": without_html,
    "control_characters": without_control_characters,
    "unicode": composed,
    "white_space": single_spaced,
    "email": without_emails,
    "phone": without_phones,
    "card_number": without_cards,
}
"""By the names that the configuration has for them."""

SOUGHT: Final[Mapping[str, str]] = {"html": "<&", "email": "@"}
"""ASCII characters without which a step leaves a plain text as it is."""


def sought_by(steps: Iterable[str]) -> str:
    """Give the characters that steps look for.

    Args:
        steps: Their names.

    Returns:
        The characters; see `SOUGHT`.
    """
    return "".join(SOUGHT.get(name, "") for name in steps)
