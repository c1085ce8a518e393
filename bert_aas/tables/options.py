"""Check the options that say how a table is written."""

import codecs

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.formats.dialects import SEPARATORS
from bert_aas.tables.sources import Quoting, ReadOptions

_NEVER = '"\r\n\0'


def checked_encoding(encoding: str) -> str:
    """Refuse what is no text encoding.

    Args:
        encoding: `auto`, or Python's name of an encoding.

    Returns:
        The same.

    Raises:
        ValueError: If there is no such encoding of texts.
    """
    try:
        if encoding != "auto":
            "".encode(encoding)  # refuses codecs that are none of texts, as rot13
            codecs.lookup(encoding)
    except (LookupError, ValueError) as exc:
        raise ValueError(
            "there is no such text encoding; give auto, utf-8, utf-16, cp1252, latin-1 …"
        ) from exc
    return encoding


def checked_separator(separator: str) -> str:
    """Refuse what cannot stand between fields.

    Args:
        separator: `auto`, the name of a separator, or the character itself.

    Returns:
        The same.

    Raises:
        ValueError: If it is neither.
    """
    if separator == "auto" or separator in SEPARATORS:
        return separator
    if len(separator) != 1 or separator in _NEVER:
        raise ValueError(f"give auto, {', '.join(SEPARATORS)}, or one character")
    return separator


def checked_options(encoding: str, separator: str, quoting: Quoting) -> ReadOptions:
    """Make options of what a command line gives.

    Args:
        encoding: See `ReadOptions`.
        separator: See `ReadOptions`.
        quoting: See `ReadOptions`.

    Returns:
        The options.

    Raises:
        InvalidInputError: If one of them is not known.
    """
    for option, value, check in (
        ("--encoding", encoding, checked_encoding),
        ("--separator", separator, checked_separator),
    ):
        try:
            check(value)
        except ValueError as exc:
            raise InvalidInputError(f"{option} is {value!r}: {exc}") from exc
    return ReadOptions(encoding, separator, quoting)
