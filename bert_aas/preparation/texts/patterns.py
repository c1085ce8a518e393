r"""What the steps look for, as patterns that mean the same in Python's `re` and in RE2.

So nothing of `\w`, `\s` and `\d` (each has its own tables), no look-around (RE2 has none), and no
flags: letters of both cases are written out. `\b` is that of ASCII: compile with `re.ASCII`.

Source:
    https://github.com/google/re2/wiki/Syntax; HTML 4.01, section 24 (names of characters).
"""

from html.entities import name2codepoint
from typing import Final

SCRIPT: Final = (
    r"<(?:[sS][cC][rR][iI][pP][tT]|[sS][tT][yY][lL][eE])(?:[ \t\r\n][^<>]*)?>"
    r"(?s:.*?)</(?:[sS][cC][rR][iI][pP][tT]|[sS][tT][yY][lL][eE])[ \t\r\n]*>"
)
"""A script or a style sheet with its content."""

TAG: Final = r"<[A-Za-z/!?][^<>]*>"
"""A tag, a comment, a declaration."""

ENTITY: Final = r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,7});"
"""A character by its name, its decimal or its hexadecimal number."""

Ranges = tuple[tuple[int, int], ...]

INVISIBLE: Final[Ranges] = (
    (0x00, 0x08),
    (0x0E, 0x1B),
    (0x7F, 0x84),
    (0x86, 0x9F),
    (0xAD, 0xAD),  # soft hyphen
    (0x200B, 0x200B),
    (0x200E, 0x200F),  # joiners, 200C and 200D, shape words and emojis
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFB),
)
"""Control characters that are no blanks, and characters without width or shape."""

BLANKS: Final[Ranges] = (
    (0x09, 0x0D),
    (0x1C, 0x20),
    (0x85, 0x85),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
)
"""Characters that `str.isspace` knows."""

LATE_MARKS: Final[Ranges] = (
    (0x0897, 0x089F),
    (0x08CA, 0x08D2),
    (0x0C3C, 0x0C3C),
    (0x1715, 0x1715),
    (0x1ABF, 0x1AFF),
    (0x1DFA, 0x1DFA),
    (0xA82C, 0xA82C),
    (0x105C0, 0x105FF),
    (0x10D40, 0x10D8F),
    (0x10EAB, 0x10EAC),
    (0x10EFA, 0x10EFF),
    (0x10F82, 0x10F85),
    (0x11070, 0x11070),
    (0x11380, 0x113FF),
    (0x11900, 0x1195F),
    (0x11F41, 0x11F42),
    (0x16100, 0x1613F),
    (0x16D40, 0x16D7F),
    (0x16FF0, 0x16FF1),
    (0x1E08F, 0x1E08F),
    (0x1E2AE, 0x1E2AE),
    (0x1E4EC, 0x1E4EF),
    (0x1E5EE, 0x1E5EF),
    (0x1E6C0, 0x1E6FF),
)
"""Characters with a part in NFC since Unicode 13 to 17: releases of Python, TensorFlow's ICU and
whatever serves a model know some of them and not others."""

NAMED: Final = {**name2codepoint, "apos": ord("'")}
"""Names of characters and their code points."""

_C1 = range(0x80, 0xA0)
MEANT: Final = {
    code: ord(text) for code in _C1 if (text := bytes([code]).decode("cp1252", errors="ignore"))
}
"""What the numbers 128 to 159 are meant for: Windows-1252, as browsers read them."""

_SURROGATES = range(0xD800, 0xE000)
_LAST_CODE = 0x10FFFF


def meant_code(code: int) -> int | None:
    """Give the character that the number of an entity means.

    Args:
        code: The number.

    Returns:
        A code point; `None` if there is no such character.
    """
    if code in _SURROGATES or not 0 < code <= _LAST_CODE:
        return None
    return MEANT.get(code, code)


def python_class(ranges: Ranges) -> str:
    """Write characters as a class of Python's `re`.

    Args:
        ranges: First and last code point of each range.

    Returns:
        The class in brackets.
    """
    return _class(ranges, r"\U{:08x}")


def re2_class(ranges: Ranges) -> str:
    """Write characters as a class of RE2.

    Args:
        ranges: First and last code point of each range.

    Returns:
        The class in brackets.
    """
    return _class(ranges, r"\x{{{:x}}}")


def _class(ranges: Ranges, character: str) -> str:
    between = f"{character}-{character}"
    return "[" + "".join(between.format(first, last) for first, last in ranges) + "]"
