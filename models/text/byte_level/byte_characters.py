"""Bytes as visible characters, as the files of byte-level tokenizers spell their pieces."""

from functools import cache

_BYTES = 256
_SEEN = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, _BYTES))


@cache
def characters() -> tuple[str, ...]:
    """Give the character of each byte.

    Returns:
        256 characters: a visible byte's own in Latin-1, for the others U+0100 and what follows.

    Source:
        Radford et al. 2019, the code of GPT-2 (`bytes_to_unicode`).
    """
    others = [byte for byte in range(_BYTES) if byte not in _SEEN]
    codes = {byte: byte for byte in _SEEN} | {
        byte: _BYTES + place for place, byte in enumerate(others)
    }
    return tuple(chr(codes[byte]) for byte in range(_BYTES))


@cache
def _bytes_of() -> dict[str, int]:
    return {character: byte for byte, character in enumerate(characters())}


def to_bytes(piece: str) -> bytes:
    """Read a piece.

    Args:
        piece: Characters that stand for bytes.

    Returns:
        The bytes.

    Raises:
        KeyError: If a character stands for none.
    """
    known = _bytes_of()
    return bytes(known[character] for character in piece)
