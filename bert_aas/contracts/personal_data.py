r"""Personal data in texts: what they look like, and marks in their place.

The patterns mean the same in Python's `re` and in RE2, with `\b` that of ASCII: compile with
`re.ASCII`. `bert_aas.preparation.texts.patterns` says more.

Source:
    https://github.com/google/re2/wiki/Syntax
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

EMAIL: Final = (
    r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9\-]{0,62})(?:\.[A-Za-z0-9\-]{1,63}){0,7}"
    r"\.[A-Za-z]{2,24}\b"
)

PHONE: Final = (
    r"\+[1-9](?:[ .\-/()]{0,2}[0-9]){6,14}\b"  # international
    r"|(?:\b1[ .\-])?(?:\([2-9][0-9]{2}\) ?|\b[2-9][0-9]{2}[.\- ])[2-9][0-9]{2}[.\- ][0-9]{4}\b"
    r"|\b0[1-9](?:[ .\-][0-9]{2}){4}\b"  # five pairs
    r"|(?:\(0[0-9]{2,4}\)|\b0[0-9]{2,4})[ \-/]{1,2}[0-9]{3,8}(?:[ \-][0-9]{2,4}){0,2}\b"
)
"""International, North American, French, and other numbers with an area code that starts with 0.

Dates, prices and runs of digits without a separator are none.
"""

CARD: Final = r"\b[2-6](?:[ \-]?[0-9]){12,18}\b"
"""What may be the number of a card: 13 to 19 digits. The check digit decides."""

LONGEST_CARD: Final = 19

MARKS: Final = {"email": "[EMAIL]", "phone": "[PHONE]", "card_number": "[CARD]"}
"""In brackets: what looks like a tag would be taken for one."""

_EMAIL = re.compile(EMAIL, re.ASCII)
_PHONE = re.compile(PHONE, re.ASCII)
_CARD = re.compile(CARD, re.ASCII)
_DIGIT = re.compile("[0-9]")
_NUMBER = re.compile("(?:[^0-9]*[0-9]){6}")
_HIGHEST_DIGIT = 9


def without_emails(text: str) -> str:
    """Put a mark in place of e-mail addresses.

    Args:
        text: A text.

    Returns:
        The text with marks.
    """
    return _EMAIL.sub(MARKS["email"], text) if "@" in text else text


def without_phones(text: str) -> str:
    """Put a mark in place of phone numbers.

    Args:
        text: A text.

    Returns:
        The text with marks.
    """
    return text if has_few_digits(text) else _PHONE.sub(MARKS["phone"], text)


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
    return MARKS["card_number"] if passes_luhn(digits) else found[0]


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


MASKS: Final[Mapping[str, Callable[[str], str]]] = {
    "email": without_emails,
    "phone": without_phones,
    "card_number": without_cards,
}
"""By the names that configurations have for them."""
