"""What a byte-level tokenizer consists of, and the file of it that a module carries."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bert_aas.contracts.errors import InvalidInputError
from models.text.byte_level.byte_characters import characters
from models.text.byte_level.merging import Merge

START, END, PAD, UNK, MASK = "<s>", "</s>", "<pad>", "<unk>", "<mask>"
SPECIAL = (START, PAD, END, UNK, MASK)
FILE_START = b'{"version": "1.0"'
"""How the file begins; no list of word pieces does."""

LONGEST_PIECE = 256  # bytes; GPT-2's longest has 128
_NEVER_IN_UTF8 = (0xC0, 0xC1, *range(0xF5, 0x100))


@dataclass(frozen=True)
class ByteLevelBpe:
    """A byte-level tokenizer.

    Attributes:
        pieces: Their spellings, one character per byte; a piece's place is its id.
        merges: Pairs of pieces that become one, most important first; for our tokenizer those
            alone that `models.text.byte_level.merging.usable_merges` keeps.
        add_prefix_space: Whether a text that does not begin with a blank gets one.
    """

    pieces: tuple[str, ...]
    merges: tuple[Merge, ...]
    add_prefix_space: bool = False


def check_bpe(bpe: ByteLevelBpe, name: str) -> None:
    """Refuse pieces and merges that do not make a tokenizer.

    Args:
        bpe: The tokenizer.
        name: What messages call it.

    Raises:
        InvalidInputError: If a piece is there twice, a special token or a byte has none, or a merge
            uses or gives what is no piece, or one that is too long.
    """
    known = set(bpe.pieces)
    if len(known) != len(bpe.pieces):
        raise InvalidInputError(f"{name} has a piece twice; each needs an id of its own.")
    missing = [token for token in (START, END) if token not in known]
    if missing:
        raise InvalidInputError(
            f"{name} has no {' and no '.join(missing)}; RoBERTa's special tokens are needed."
        )
    bytes_missing = [
        byte
        for byte, character in enumerate(characters())
        if character not in known and byte not in _NEVER_IN_UTF8
    ]
    if bytes_missing:
        raise InvalidInputError(
            f"{name} has no piece for the byte 0x{bytes_missing[0]:02x}; a byte-level vocabulary "
            "has one for each byte."
        )
    for place, merge in enumerate(bpe.merges, 1):
        _check_merge(place, merge, known, name)


def _check_merge(place: int, merge: Merge, known: set[str], name: str) -> None:
    spelt = f"merge {place} ({json.dumps(' '.join(merge)[:80], ensure_ascii=False)})"
    unknown = [piece for piece in (*merge, "".join(merge)) if piece not in known or not piece]
    if unknown:
        raise InvalidInputError(
            f"{name} has the {spelt}, but no piece {json.dumps(unknown[0][:80])}; merges and "
            "vocabulary must belong together."
        )
    if len("".join(merge)) > LONGEST_PIECE:
        raise InvalidInputError(
            f"{name} has the {spelt}, whose piece is longer than {LONGEST_PIECE} bytes; no text "
            "has such words."
        )
    if not set("".join(merge)) <= set(characters()):
        raise InvalidInputError(
            f"{name} has the {spelt}, which has characters that stand for no byte; the merges of a "
            "byte-level tokenizer are needed."
        )


def write_bpe(bpe: ByteLevelBpe) -> bytes:
    """Write a tokenizer as the `tokenizer.json` that Hugging Face's `tokenizers` reads.

    Args:
        bpe: The tokenizer.

    Returns:
        The file.
    """
    ids = {piece: place for place, piece in enumerate(bpe.pieces)}
    prefix = {"add_prefix_space": bpe.add_prefix_space, "trim_offsets": True}
    byte_level = {"type": "ByteLevel", **prefix, "use_regex": True}
    content = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(ids[token], token) for token in SPECIAL if token in ids],
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": {
            "type": "RobertaProcessing",
            "sep": [END, ids[END]],
            "cls": [START, ids[START]],
            **prefix,
        },
        "decoder": byte_level,
        "model": _model(bpe, ids),
    }
    return json.dumps(content, ensure_ascii=False).encode() + b"\n"


def _model(bpe: ByteLevelBpe, ids: Mapping[str, int]) -> dict[str, Any]:
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "vocab": ids,
        "merges": [" ".join(merge) for merge in bpe.merges],
    }


def _added(place: int, token: str) -> dict[str, Any]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": place, "content": token, **flags, "special": True}


@lru_cache(maxsize=2)  # Transform traces its function many times
def read_bpe(content: bytes, name: str) -> ByteLevelBpe:
    """Read the file that a module carries.

    Args:
        content: What `write_bpe` wrote.
        name: What messages call it.

    Returns:
        The tokenizer, checked.

    Raises:
        InvalidInputError: If it is no such file.
    """
    try:
        values = json.loads(content)
        pieces = pieces_of(values["model"]["vocab"])
        merges = merges_of(values["model"]["merges"])
        bpe = ByteLevelBpe(pieces, merges, bool(values["pre_tokenizer"]["add_prefix_space"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise InvalidInputError(
            f"{name} is no tokenizer.json of a byte-level tokenizer ({exc!r}); the one that "
            "`bert-aas encoder import` writes is needed."
        ) from exc
    check_bpe(bpe, name)
    return bpe


def pieces_of(vocab: Mapping[str, int]) -> tuple[str, ...]:
    """Order the pieces of a vocabulary by their ids.

    Args:
        vocab: Piece to id.

    Returns:
        The pieces.

    Raises:
        ValueError: If the ids are not 0, 1, 2 …, each once.
    """
    if {type(place) for place in vocab.values()} != {int}:
        raise ValueError("ids must be whole numbers")
    if sorted(vocab.values()) != list(range(len(vocab))):
        raise ValueError("the ids are not 0, 1, 2 …, each once")
    return tuple(sorted(vocab, key=vocab.__getitem__))


def merges_of(listed: list[Any]) -> tuple[Merge, ...]:
    """Read merges, written as `"a b"` or as `["a", "b"]`.

    Args:
        listed: The merges of a `tokenizer.json`.

    Returns:
        Pairs.

    Raises:
        ValueError: If an entry is no pair of pieces.
    """
    found = []
    for entry in listed:
        pair = entry.split(" ") if isinstance(entry, str) else entry
        if len(pair) != 2 or not all(isinstance(piece, str) for piece in pair):  # noqa: PLR2004
            raise ValueError(f"{str(entry)[:80]!r} is no pair of pieces")
        found.append((pair[0], pair[1]))
    return tuple(found)
