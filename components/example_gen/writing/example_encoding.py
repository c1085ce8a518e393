"""Write the rows of a batch as serialized tf.Examples.

All that stands before a value in a tf.Example depends on the column and the value's length alone,
so it is made once for each length. Protobuf's own objects take about ten times as long, and
tfx_bsl's coder writes the features of equal rows in different orders.

Source:
    https://protobuf.dev/programming-guides/encoding; tensorflow/core/example/feature.proto.
"""

from array import array
from collections.abc import Sequence
from contextlib import suppress
from operator import add

from bert_aas.contracts.names import ROW_KEY
from bert_aas.tables.values import Value
from components.example_gen.reading.batches import RowBatch
from components.example_gen.reading.column_types import ColumnType

_FIRST = b"\x0a"  # field 1 with a length: `features`, a map's entry, its key, a list's values
_SECOND = b"\x12"  # field 2 with a length: the value of a map's entry
_KINDS = {ColumnType.BYTES: b"\x0a", ColumnType.FLOAT: b"\x12", ColumnType.INT: b"\x1a"}
_VARINT_BITS = 7
_VARINT_MORE = 0x80
_UINT64 = 2**64 - 1


class ExampleEncoder:
    """Encode batches with the same columns."""

    def __init__(self, columns: dict[str, ColumnType], key_column: str | None) -> None:
        """Prepare the columns.

        Args:
            columns: Every column of the data and its type; a missing value becomes a feature
                without a kind, which TFDV counts as missing (an empty list it does not).
            key_column: Where the row's key is, else it is `<file name>:<row number>`.
        """
        kinds = columns | {ROW_KEY: ColumnType.BYTES}
        self._kinds = dict(sorted(kinds.items()))
        self._key_column = key_column
        self._heads = {name: _FeatureHeads(name, kind) for name, kind in kinds.items()}
        self._example_heads = _ExampleHeads()

    def encode(self, batch: RowBatch) -> list[bytes]:
        """Write rows with all columns and the feature `row_key`.

        Args:
            batch: The rows.

        Returns:
            A serialized tf.Example for each row, equal for equal rows.
        """
        features = [self._features(name, kind, batch) for name, kind in self._kinds.items()]
        heads = self._example_heads
        return [heads[len(each)] + each for each in map(b"".join, zip(*features, strict=True))]

    def _features(self, name: str, kind: ColumnType, batch: RowBatch) -> list[bytes]:
        values = self._keys(batch) if name == ROW_KEY else batch.column(name)
        heads = self._heads[name]
        if kind is ColumnType.INT:  # few different ones
            known = {value: heads.feature(_integer(value)) for value in set(values)}
            return [known[value] for value in values]
        if kind is ColumnType.BYTES:
            with suppress(TypeError):  # not all are texts
                contents = list(map(str.encode, values))  # type: ignore[arg-type]
                return list(map(add, map(heads.__getitem__, map(len, contents)), contents))
        content = _float if kind is ColumnType.FLOAT else _text
        return [heads.feature(None if value is None else content(value)) for value in values]

    def _keys(self, batch: RowBatch) -> Sequence[Value]:
        given = batch.column(self._key_column) if self._key_column else (None,) * len(batch.numbers)
        return [
            f"{batch.file}:{number}" if key is None else key
            for number, key in zip(batch.numbers, given, strict=True)
        ]


class _FeatureHeads(dict[int, bytes]):
    """What stands before a value of so many bytes in a feature of a name."""

    def __init__(self, name: str, kind: ColumnType) -> None:
        super().__init__()
        key = name.encode()
        self._key = _FIRST + _varint(len(key)) + key
        self._kind = _KINDS.get(kind, b"")
        self._missing = _before(_FIRST, self._key + _before(_SECOND, b"", 0), 0)

    def feature(self, content: bytes | None) -> bytes:
        """Write a feature; None is a missing value."""
        return self._missing if content is None else self[len(content)] + content

    def __missing__(self, size: int) -> bytes:
        value = _before(self._kind, _before(_FIRST, b"", size), size)
        head = _before(_FIRST, self._key + _before(_SECOND, value, size), size)
        self[size] = head
        return head


class _ExampleHeads(dict[int, bytes]):
    """What stands before features of so many bytes."""

    def __missing__(self, size: int) -> bytes:
        head = self[size] = _before(_FIRST, b"", size)
        return head


def _before(tag: bytes, head: bytes, size: int) -> bytes:
    """Give what stands before `size` bytes in a field that holds `head` and them."""
    return tag + _varint(len(head) + size) + head


def _varint(number: int) -> bytes:
    digits = bytearray()
    while number >= _VARINT_MORE:
        digits.append(number % _VARINT_MORE + _VARINT_MORE)
        number >>= _VARINT_BITS
    digits.append(number)
    return bytes(digits)


def _integer(value: Value) -> bytes | None:
    return None if value is None else _varint(int(value) & _UINT64)


def _float(value: str | int | float | bytes) -> bytes:
    return array("f", [float(value)]).tobytes()


def _text(value: str | int | float | bytes) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
