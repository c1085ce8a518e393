"""Examples as ExampleGen writes them, and the Preparer run on them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf
from tfx.types import artifact_utils, standard_artifacts

from components.preparer.columns import RowColumns
from components.preparer.executor import Executor
from components.preparer.params import PrepareParams
from components.tfrecords import read_tfrecords, write_tfrecord_file

SPLITS = ("train", "eval", "test")
COLUMNS = RowColumns(text="text", label="label")

Row = Mapping[str, Any]


def encoded(row: Row) -> bytes:
    example = tf.train.Example()
    for name, value in row.items():
        feature = example.features.feature[name]
        if isinstance(value, int):
            feature.int64_list.value.append(value)
        elif value is not None:
            feature.bytes_list.value.append(value.encode())
    return bytes(example.SerializeToString(deterministic=True))


def write_examples(
    folder: Path, rows: Mapping[str, Sequence[Row]], files: int = 2
) -> standard_artifacts.Examples:
    """Deal the rows of each split out to some files."""
    examples = standard_artifacts.Examples()
    examples.uri = str(folder)
    examples.split_names = artifact_utils.encode_split_names(list(SPLITS))
    examples.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
    examples.set_string_custom_property("file_format", "tfrecords_gzip")
    examples.set_string_custom_property("content_fingerprint", "abc")
    examples.set_int_custom_property("rows_rejected", 2)
    for split in SPLITS:
        place = folder / f"Split-{split}"
        place.mkdir(parents=True)
        for number in range(files):
            path = f"{place}/data_tfrecord-{number:05d}-of-{files:05d}.gz"
            if mine := rows[split][number::files]:
                write_tfrecord_file(path, map(encoded, mine))
    return examples


def prepare(
    rows: standard_artifacts.Examples, folder: Path, columns: RowColumns = COLUMNS, **rules: Any
) -> standard_artifacts.Examples:
    examples = standard_artifacts.Examples()
    examples.uri = str(folder)
    folder.mkdir()
    params = PrepareParams.model_validate_json(json.dumps({"enabled": True, **rules}))
    properties = {
        "prepare_params": params.model_dump_json(),
        "columns": columns.model_dump_json(),
    }
    Executor(Executor.Context()).Do({"rows": [rows]}, {"examples": [examples]}, properties)
    return examples


def records(examples: standard_artifacts.Examples, split: str) -> list[bytes]:
    return list(read_tfrecords(f"{examples.uri}/Split-{split}", "*.gz"))


def read_rows(examples: standard_artifacts.Examples, split: str) -> list[dict[str, Any]]:
    return [_values(record) for record in records(examples, split)]


def _values(record: bytes) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, feature in tf.train.Example.FromString(record).features.feature.items():
        kind = feature.WhichOneof("kind")
        found = list(getattr(feature, kind).value) if kind else [None]
        values[name] = found[0].decode() if isinstance(found[0], bytes) else found[0]
    return values
