"""Take single features out of serialized tf.Examples and put others in, bytes for bytes.

What is not asked for is never parsed: a row of many columns costs little more than its text.
`components.feature_places` finds features in many rows at a time.

Source:
    https://protobuf.dev/programming-guides/encoding; tensorflow/core/example/feature.proto.
"""

from collections.abc import Iterable, Mapping

_FIRST = b"\x0a"  # field 1 with a length
_SECOND = b"\x12"  # field 2 with a length
_VARINT_BITS = 7
_VARINT_MORE = 0x80
_VARINT_MASK = 0x7F


def read_values(record: bytes, names: Mapping[bytes, int]) -> list[bytes | None]:
    """Read the first values of some features of bytes, past all others.

    Args:
        record: A serialized tf.Example.
        names: Names of features, UTF-8, and their places in the result, from 0 on.

    Returns:
        For each name its value; `None` if there is none.
    """
    found: list[bytes | None] = [None] * len(names)
    end = len(record)
    _, place = _varint(record, 1) if end else (0, 0)
    while place < end:
        size, content = record[place + 1], place + 2
        if size >= _VARINT_MORE:
            size, content = _varint(record, place + 1)
        length, name = record[content + 1], content + 2
        if length >= _VARINT_MORE:
            length, name = _varint(record, content + 1)
        index = names.get(record[name : name + length])
        place = content + size
        if index is not None:
            found[index] = _first_value(record, name + length, place)
    return found


def split_features(record: bytes) -> dict[str, bytes]:
    """Divide an example into its features.

    Args:
        record: A serialized tf.Example.

    Returns:
        Name to the entry of the map, as it is stored.
    """
    features: dict[str, bytes] = {}
    if not record:
        return features
    _, place = _varint(record, 1)
    while place < len(record):
        size, content = _varint(record, place + 1)
        length, name = _varint(record, content + 1)
        end = content + size
        features[record[name : name + length].decode()] = record[place:end]
        place = end
    return features


def first_bytes(entry: bytes | None) -> bytes | None:
    """Read the first value of a feature of bytes.

    Args:
        entry: As `split_features` gives it; `None` if the example lacks the feature.

    Returns:
        The value; `None` if there is none.
    """
    if entry is None:
        return None
    _, content = _varint(entry, 1)
    length, name = _varint(entry, content + 1)
    return _first_value(entry, name + length, len(entry))


def _first_value(content: bytes, place: int, end: int) -> bytes | None:
    """Read the first value of a feature that stands at a place; an entry of the map ends there."""
    size = 0
    for _ in range(3):  # the map's value, the list of bytes, its first value
        if place >= end:
            return None
        size, place = _varint(content, place + 1)
    return content[place : place + size]


def bytes_entry(name: str, value: bytes) -> bytes:
    """Write a feature of one value of bytes.

    Args:
        name: Its name.
        value: Its value.

    Returns:
        The entry of the map.
    """
    feature = _field(_FIRST, _field(_FIRST, value))
    return _field(_FIRST, _field(_FIRST, name.encode()) + _field(_SECOND, feature))


def joined_features(features: dict[str, bytes]) -> bytes:
    """Make an example of features.

    Args:
        features: As `split_features` gives them.

    Returns:
        A serialized tf.Example, its features in the order of the mapping.
    """
    return joined_entries(features.values())


def joined_entries(entries: Iterable[bytes]) -> bytes:
    """Make an example of the entries of its map.

    Args:
        entries: Each as it is stored; or several at once.

    Returns:
        A serialized tf.Example.
    """
    return _field(_FIRST, b"".join(entries))


def _field(tag: bytes, content: bytes) -> bytes:
    size = len(content)
    if size < _VARINT_MORE:
        return tag + bytes((size,)) + content
    digits = bytearray()
    while size >= _VARINT_MORE:
        digits.append(size & _VARINT_MASK | _VARINT_MORE)
        size >>= _VARINT_BITS
    digits.append(size)
    return tag + bytes(digits) + content


def _varint(content: bytes, place: int) -> tuple[int, int]:
    """Read a number; give the place behind it, too."""
    value = content[place]
    if value < _VARINT_MORE:
        return value, place + 1
    value &= _VARINT_MASK
    shift = _VARINT_BITS
    while content[place := place + 1] >= _VARINT_MORE:
        value |= (content[place] & _VARINT_MASK) << shift
        shift += _VARINT_BITS
    return value | content[place] << shift, place + 1
