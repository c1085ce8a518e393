"""Find some features in many serialized tf.Examples at a time, without parsing them.

All records are walked side by side, feature by feature, with NumPy: a fifth of the time of one
record after the other.

Source:
    https://protobuf.dev/programming-guides/encoding; tensorflow/core/example/feature.proto.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]
_Bytes = npt.NDArray[np.uint8]

_NESTED = 3  # the map's value, the list of bytes, its first value
_VARINT_BITS = 7
_VARINT_MORE = 0x80
_VARINT_MASK = 0x7F


@dataclass(frozen=True)
class Column:
    """Where a feature stands in some records; all places are 0 where it has no value.

    Attributes:
        starts: First byte of its first value, `[n]`.
        ends: The byte behind that value, `[n]`.
        entry_starts: First byte of the feature's entry in the map, `[n]`.
        entry_ends: The byte behind the entry, `[n]`.
    """

    starts: Places
    ends: Places
    entry_starts: Places
    entry_ends: Places

    def values(self, content: bytes) -> list[bytes]:
        """Take the values out.

        Args:
            content: What the records are in.

        Returns:
            For each record its value; empty where there is none.
        """
        places = zip(self.starts.tolist(), self.ends.tolist(), strict=True)
        return [content[start:end] for start, end in places]


@dataclass(frozen=True)
class Columns:
    """Some features of some records.

    Attributes:
        bodies: Where the entries of each record begin, `[n]`.
        found: The features, in the order of their names.
    """

    bodies: Places
    found: tuple[Column, ...]


def find_columns(content: bytes, starts: Places, ends: Places, names: Sequence[str]) -> Columns:
    """Find the first values of features of bytes.

    Args:
        content: What the records are in.
        starts: First byte of each serialized tf.Example, `[n]`.
        ends: The byte behind each, `[n]`.
        names: Names of features.

    Returns:
        Where they are.
    """
    data = np.frombuffer(content, np.uint8)
    found = tuple(Column(*np.zeros((4, len(starts)), np.int64)) for _ in names)
    wanted = [np.frombuffer(name.encode(), np.uint8) for name in names]
    rows = np.flatnonzero(ends > starts)
    bodies = starts.copy()
    _, bodies[rows] = _varints(data, starts[rows] + 1)
    places = bodies[rows]
    while len(rows := rows[is_open := places < ends[rows]]):
        places = places[is_open]
        sizes, contents = _varints(data, places + 1)
        lengths, keys = _varints(data, contents + 1)
        behind = contents + sizes
        for name, column in zip(wanted, found, strict=True):
            mine = _named(data, keys, lengths, name)
            at = rows[mine]
            column.entry_starts[at], column.entry_ends[at] = places[mine], behind[mine]
            first = _first_values(data, keys[mine] + len(name), behind[mine])
            column.starts[at], column.ends[at] = first
        places = behind
    return Columns(bodies, found)


def _named(data: _Bytes, keys: Places, lengths: Places, name: _Bytes) -> Places:
    """Give the places of those keys that are a name."""
    mine = np.flatnonzero(lengths == len(name))
    for offset, byte in enumerate(name.tolist()):
        mine = mine[data[keys[mine] + offset] == byte]
    return mine


def _first_values(data: _Bytes, places: Places, ends: Places) -> tuple[Places, Places]:
    """Give where the first values begin and end, 0 where there is none."""
    starts, behind = np.zeros((2, len(places)), np.int64)
    rows = np.arange(len(places))
    sizes = behind
    for _ in range(_NESTED):
        is_there = places < ends
        rows, places, ends = rows[is_there], places[is_there], ends[is_there]
        sizes, places = _varints(data, places + 1)
    starts[rows], behind[rows] = places, places + sizes
    return starts, behind


def _varints(data: _Bytes, places: Places) -> tuple[Places, Places]:
    """Read numbers; give the places behind them, too."""
    values = data[places].astype(np.int64)
    places = places + 1
    longer = np.flatnonzero(values >= _VARINT_MORE)
    values &= _VARINT_MASK
    shift = _VARINT_BITS
    while len(longer):
        digits = data[places[longer]].astype(np.int64)
        values[longer] |= (digits & _VARINT_MASK) << shift
        places[longer] += 1
        longer = longer[digits >= _VARINT_MORE]
        shift += _VARINT_BITS
    return values, places
