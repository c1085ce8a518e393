"""Texts that no step changes, told at one look.

`models.text.text_cleaning` knows most of them by a pattern.
"""

import unicodedata

import numpy as np
import numpy.typing as npt

from bert_aas.contracts.personal_data import has_few_digits

Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]

_BLANK, _DELETE = 0x20, 0x7F
_DIGITS = range(ord("0"), ord("9") + 1)
_BYTE_VALUES = 256


def is_plain(text: str, sought: str) -> bool:
    """Tell at one look of most texts that no step changes them.

    Args:
        text: A text.
        sought: The characters that the steps look for.

    Returns:
        Whether it is words of printable characters in their composed form, with one blank between
        them, without what is sought and without a number.
    """
    return (
        text.isprintable()  # no blanks but U+0020
        and "  " not in text
        and text == text.strip(" ")
        and not [character for character in sought if character in text]
        and (text.isascii() or unicodedata.is_normalized("NFC", text))
        and has_few_digits(text)
    )


class PlainTexts:
    """Tells of many texts in UTF-8 whether they are plain, in a few operations of NumPy.

    Example:
        >>> PlainTexts("<&")(b"so soft, size 7", np.array([0, 0]), np.array([7, 15])).tolist()
        [True, True]
    """

    def __init__(self, sought: str) -> None:
        """Prepare the look-up.

        Args:
            sought: The characters that the steps look for.
        """
        plain = {*range(_BLANK, _DELETE)} - {*_DIGITS} - {*sought.encode()}
        self._sought = sought
        self._is_odd = bytes(value not in plain for value in range(_BYTE_VALUES))

    def __call__(self, content: bytes, starts: Places, ends: Places) -> Flags:
        """Look at texts.

        Args:
            content: What they are in.
            starts: First byte of each, `[n]`.
            ends: The byte behind each, `[n]`.

        Returns:
            Whether each is plain, as `is_plain` tells; bool `[n]`.
        """
        plain: Flags = ends == starts
        filled = np.flatnonzero(~plain)
        if len(filled):
            first = int(starts[filled].min())
            part = content[first : int(ends[filled].max())]
            plain[filled] = self._simple(part, starts[filled] - first, ends[filled] - first)
        for row in np.flatnonzero(~plain).tolist():
            plain[row] = is_plain(content[starts[row] : ends[row]].decode(), self._sought)
        return plain

    def _simple(self, part: bytes, starts: Places, ends: Places) -> Flags:
        """Tell most plain texts: those of ASCII without digits."""
        is_blank = np.frombuffer(part, np.uint8) == _BLANK
        is_odd = np.zeros(len(part) + 1, bool)
        is_odd[:-1] = np.frombuffer(part.translate(self._is_odd), bool)
        is_odd[1:-1] |= is_blank[1:] & is_blank[:-1]
        ranges = np.stack([starts, ends], axis=1).ravel()
        found = np.logical_or.reduceat(is_odd, ranges)[::2]
        simple: Flags = ~(found | is_blank[starts] | is_blank[ends - 1])
        return simple
