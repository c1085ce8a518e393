"""The steps, one function each: text to text.

`models.text.text_cleaning` has the same as a TensorFlow graph; a test compares them.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from bert_aas.contracts.personal_data import MASKS
from bert_aas.preparation.texts import patterns

Step = Callable[[str], str]

_SCRIPT = re.compile(patterns.SCRIPT)
_TAG = re.compile(patterns.TAG)
_ENTITY = re.compile(patterns.ENTITY)
_INVISIBLE = re.compile(f"{patterns.python_class(patterns.INVISIBLE)}+")
_INVISIBLE_ASCII = re.compile(r"[\x00-\x08\x0e-\x1b\x7f]")
_LATE = re.compile(patterns.python_class(patterns.LATE_MARKS))
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


STEPS: Final[Mapping[str, Step]] = {
    "html": without_html,
    "control_characters": without_control_characters,
    "unicode": composed,
    "white_space": single_spaced,
    **MASKS,
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
