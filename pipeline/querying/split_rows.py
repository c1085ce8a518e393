"""Read the examples of a split as Arrow's batches, without TensorFlow."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bert_aas.catalogue.contents import Batches
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.arrow import pa
from components.tfrecords import read_tfrecord_batches
from serving.runtime.protos import load_protos

_TYPES = {"bytes_list": pa.string(), "int64_list": pa.int64(), "float_list": pa.float32()}


def split_content(folder: str, called: str) -> Batches:
    """Open a split.

    Args:
        folder: The folder of its files.
        called: What messages call it.

    Returns:
        Its rows: one column for each feature.

    Raises:
        InvalidInputError: If its files are gone.
    """
    files = sorted(str(path) for path in Path(folder).glob("[!.]*") if path.is_file())
    if not files:
        raise InvalidInputError(f"{called}: its files are no longer in {folder}")
    schema = pa.schema([(name, _TYPES.get(kind, pa.string())) for name, kind in _kinds(files)])
    return Batches(schema, lambda: _batches(files, schema))


def _kinds(files: Sequence[str]) -> list[tuple[str, str]]:
    # ExampleGen gives a column one kind over all rows: its first value tells it.
    kinds: dict[str, str] = {}
    for features in (row for path in files for rows in _rows(path) for row in rows):
        for name, feature in features.items():
            if not kinds.get(name):
                kinds[name] = feature.WhichOneof("kind") or ""
        if kinds and all(kinds.values()):
            break
    return sorted(kinds.items())


def _batches(files: Sequence[str], schema: Any) -> Iterator[Any]:
    for path in files:
        for rows in _rows(path):
            arrays = [
                pa.array([_value(row, field.name) for row in rows], field.type) for field in schema
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _rows(path: str) -> Iterator[list[Any]]:
    parse = load_protos().example_pb2.Example.FromString
    for records in read_tfrecord_batches(path):
        yield [parse(record).features.feature for record in records]


def _value(features: Any, name: str) -> Any:
    if name not in features:  # reading it would make it
        return None
    feature = features[name]
    kind = feature.WhichOneof("kind")
    values = getattr(feature, kind).value if kind else None
    if not values:
        return None
    value = values[0]
    return value.decode(errors="replace") if isinstance(value, bytes) else value
