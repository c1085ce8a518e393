"""Make text safe to show: a terminal, a log or a page prints it and never acts on it."""

import json
import re
import shlex
from typing import Any

# Controls of terminals (C0, C1), other line ends, what turns the direction of writing round, and
# the halves of surrogate pairs that stand for bytes of a path that are no UTF-8.
_CONTROLS = r"\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_UNPRINTABLE = re.compile(f"[\n{_CONTROLS}]")
_UNPRINTABLE_IN_LINES = re.compile(f"[{_CONTROLS}]")
_UNPRINTABLE_IN_JSON = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: object, *, lines: bool = False) -> str:
    r"""Spell out what would act on a terminal in place of being shown.

    Args:
        text: A value of the data, a path, a message; what is no text is turned into one.
        lines: Whether line breaks stay; those of a value would break a line that is ours.

    Returns:
        The text with escapes as Python writes them.

    Example:
        >>> printable("good\x1b[31m\n")
        'good\\x1b[31m\\n'
    """
    found = _UNPRINTABLE_IN_LINES if lines else _UNPRINTABLE
    return found.sub(_escape, str(text))


def printable_json(content: Any) -> str:
    """Write JSON that can be shown and written anywhere.

    Args:
        content: What JSON can hold.

    Returns:
        Indented JSON; letters of all languages stand as they are, controls as JSON's escapes.
    """
    text = json.dumps(content, indent=2, ensure_ascii=False)
    return _UNPRINTABLE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def shell_word(word: object) -> str:
    """Quote a word of a command that is shown to be copied into a shell.

    Args:
        word: An argument, a path.

    Returns:
        The word, quoted where it must be; with what is not printable as bash, zsh and ksh read it.
    """
    text = str(word)
    if not _UNPRINTABLE.search(text):
        return shlex.quote(text)
    kept = text.replace("\\", r"\\").replace("'", r"\'")
    return f"$'{_UNPRINTABLE.sub(_escape_bytes, kept)}'"


def _escape_bytes(found: re.Match[str]) -> str:
    return "".join(f"\\x{byte:02x}" for byte in found[0].encode(errors="surrogateescape"))


def _escape(found: re.Match[str]) -> str:
    return repr(found[0])[1:-1]
