"""A SentencePiece model of byte-level pieces: the one merging of pairs that TF Text has."""

import struct
from collections.abc import Iterable

_VARINT, _BYTES, _FLOAT = 0, 2, 5  # protocol buffers' wire types
_SEVEN_BITS, _MORE = 0x7F, 0x80
_UNKNOWN = 2  # ModelProto.SentencePiece.Type
_BPE = 2  # TrainerSpec.ModelType


def piece_model(pieces: Iterable[tuple[str, float]]) -> bytes:
    """Write a model that merges pairs and changes no text.

    Args:
        pieces: Each with its score, a higher one merges first; no two are equal.

    Returns:
        A serialized `ModelProto`. Id 0 is the unknown piece, the others follow in order.

    Source:
        `sentencepiece_model.proto` of SentencePiece 0.2, whose generated code needs a newer
        protobuf than TensorFlow 2.16.
    """
    unknown = _text(1, b"<unk>") + _number(3, _UNKNOWN)
    known = (_text(1, piece.encode()) + _score(score) for piece, score in pieces)
    trainer = _number(3, _BPE)
    # No blank before the text, none removed, none written as another character.
    normalizer = _text(1, b"identity") + b"".join(_number(field, 0) for field in (3, 4, 5))
    entries = b"".join(_text(1, piece) for piece in (unknown, *known))
    return entries + _text(2, trainer) + _text(3, normalizer)


def _score(value: float) -> bytes:
    return _varint(2 << 3 | _FLOAT) + struct.pack("<f", value)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3 | _VARINT) + _varint(value)


def _text(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | _BYTES) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    written = b""
    while value > _SEVEN_BITS:
        written += bytes([value & _SEVEN_BITS | _MORE])
        value >>= 7
    return written + bytes([value])
