"""Columns of tf.Examples against TensorFlow's own parser, one example after the other."""

import random
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from components.feature_writer.columns import filled, read_columns
from components.tfrecords import write_tfrecord_file

pytestmark = pytest.mark.slow  # TFX takes many seconds to import

VALUES: dict[str, list[Any]] = {
    "text": [b"good", b"", "schön".encode(), b"\xff no UTF-8"],
    "number": [5, -3, 2**40],
    "share": [0.1, 1.0, 1e20],
    "ids": [[1], [2, 3, 2**31 - 1], list(range(100))],
}
MISSING, NO_KIND, NO_VALUE = object(), object(), object()


def set_feature(feature: Any, name: str, value: Any) -> None:
    if name == "text":
        values = feature.bytes_list.value
    elif name == "share":
        values = feature.float_list.value
    else:
        values = feature.int64_list.value
    if value is NO_VALUE:
        (feature.int64_list if name in {"number", "ids"} else feature.bytes_list).SetInParent()
    elif value is not NO_KIND:
        values.extend(value if isinstance(value, list) else [value])


def some_examples(seed: int, rows: int) -> list[Any]:
    draw = random.Random(seed)  # noqa: S311
    made = []
    for _ in range(rows):
        example = tf.train.Example()
        for name, values in VALUES.items():
            without = [MISSING, NO_KIND] + ([NO_VALUE] if name != "share" else [])
            value = draw.choice([*values, *without])
            if value is not MISSING:
                set_feature(example.features.feature[name], name, value)
        made.append(example)
    return made


def values_of(example: Any, name: str) -> list[Any]:
    features = example.features.feature
    kind = features[name].WhichOneof("kind") if name in features else None
    return list(getattr(features[name], kind).value) if kind else []


def first_of(example: Any, name: str) -> Any:
    return next(iter(values_of(example, name)), None)


def spelt(value: Any) -> str | None:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return None if value is None else str(value)


@pytest.mark.parametrize(("seed", "rows"), [(1, 1), (2, 7), (3, 300), (4, 1500)])
def test_columns_are_what_tensorflow_reads(tmp_path: Path, seed: int, rows: int) -> None:
    examples = some_examples(seed, rows)
    path = str(tmp_path / "part.gz")
    write_tfrecord_file(path, (example.SerializeToString() for example in examples))
    place = 0
    for (columns,) in read_columns([path]):
        mine = examples[place : place + len(columns)]
        place += len(columns)
        for name in ("text", "number", "share", "unknown"):
            assert columns.first(name).to_pylist() == [first_of(each, name) for each in mine]
            assert columns.spelt(name).to_pylist() == [spelt(first_of(each, name)) for each in mine]
        ids = columns.ids("ids")
        assert ids.to_pylist() == [values_of(each, "ids") for each in mine]
        assert filled(ids, 1).to_pylist() == [[1] * len(row) for row in ids.to_pylist()]
        assert columns.ids("unknown").to_pylist() == [[]] * len(mine)
    assert place == rows


def test_files_side_by_side_may_differ_in_length(tmp_path: Path) -> None:
    paths = [str(tmp_path / name) for name in ("long.gz", "short.gz")]
    for path, rows in zip(paths, (1030, 1024), strict=True):
        write_tfrecord_file(path, (each.SerializeToString() for each in some_examples(5, rows)))
    assert [[len(part) for part in parts] for parts in read_columns(paths)] == [
        [1024, 1024],
        [6, 0],
    ]
