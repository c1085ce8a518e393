"""Texts that stand on the command line."""

from __future__ import annotations

from collections.abc import Sequence

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.plain_text import printable
from bert_aas.tables.values import is_unicode


def check_texts(texts: Sequence[str], called: str) -> None:
    """Refuse texts of the command line whose bytes are no text.

    Args:
        texts: The arguments.
        called: What messages call them.

    Raises:
        InvalidInputError: If there is one.
    """
    for number, text in enumerate(texts, start=1):
        if not is_unicode(text):
            raise InvalidInputError(f"{called} {number} is not UTF-8: {printable(text)}")
