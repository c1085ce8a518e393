"""Which characters a label may have: a vocabulary file has one label on each line."""

import re
import unicodedata

_NAMED = {"\n": "a line break", "\r": "a line break", "\t": "a tab", "\0": "a NUL character"}
# With what has no width: web pages and spreadsheets leave such characters around words.
_BLANKS_AROUND = re.compile(r"^[\s\u200b\u2060\ufeff]+|[\s\u200b\u2060\ufeff]+$")
_SEPARATORS = {"Zl": "a line separator", "Zp": "a paragraph separator"}


def is_plain_label(label: str) -> bool:
    """Tell whether a label can stay as it is: not blank, no blanks around, nothing invisible."""
    if label.isprintable():
        return bool(label) and label == label.strip()
    return read_label(label) == (label, None)


def read_label(text: str) -> tuple[str, str | None]:
    """Cut off the blanks around a label, and look at what is left.

    Args:
        text: The label as it stands in the data.

    Returns:
        The label without blanks and line breaks around it; what it must not hold, or None.
    """
    label = _BLANKS_AROUND.sub("", text)
    return label, _problem(label)


def _problem(label: str) -> str | None:
    """Name the first control character."""
    for character in label:
        category = unicodedata.category(character)
        if category == "Cc":
            return _NAMED.get(character, f"the control character U+{ord(character):04X}")
        if category in _SEPARATORS:
            return _SEPARATORS[category]
    return None
