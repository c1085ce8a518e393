"""How a label may be spelt: a vocabulary file holds one on each line."""

import unicodedata

_NAMED = {"\n": "a line break", "\r": "a line break", "\t": "a tab", "\0": "a NUL character"}
_SEPARATORS = {"Zl": "a line separator", "Zp": "a paragraph separator"}


def is_plain_label(label: str) -> bool:
    """Tell whether a label can stay as it is: not blank, no blanks around, nothing invisible."""
    return bool(label) and label == label.strip() and (label.isprintable() or not _problem(label))


def read_label(text: str) -> tuple[str, str | None]:
    """Cut off the blanks around a label, and look at what is left.

    Args:
        text: The label as it stands in the data.

    Returns:
        The label without blanks and line breaks around it; what it must not hold, or None.
    """
    label = text.strip()
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
