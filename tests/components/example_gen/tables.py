"""Write small tables of made-up reviews in every format."""

import gzip
import json
from pathlib import Path
from typing import Any

import tensorflow as tf

from bert_aas.tables.arrow import pa
from bert_aas.tables.arrow import parquet as pq
from components.example_gen.params import DataParams

LABELS = ("1", "0", "-1")


def reviews(count: int) -> list[dict[str, Any]]:
    """Make rows with a text, a label, an integer, a float with gaps, and a word."""
    return [
        {
            "text": f'Parcel {number} came late,\nbut the "blue" one fits.',
            "label": LABELS[number % 3],
            "rating": number % 5,
            "price": None if number % 7 == 0 else number + 0.5,
            "category": "Hüte" if number % 2 else "Socks",
        }
        for number in range(count)
    ]


def csv_text(rows: list[dict[str, Any]], delimiter: str = ",", newline: str = "\n") -> str:
    """Write rows as RFC 4180 asks, by hand: all fields quoted, quotes doubled."""
    quoted = [[_quoted(name) for name in rows[0]]]
    quoted += [[_quoted(value) for value in row.values()] for row in rows]
    return "".join(delimiter.join(fields) + newline for fields in quoted)


def _quoted(value: Any) -> str:
    text = "" if value is None else str(value)
    return '"' + text.replace('"', '""') + '"'


def write_table(folder: Path, file_format: str, rows: list[dict[str, Any]]) -> Path:
    """Write rows in a format; returns the file."""
    path = folder / f"reviews.{file_format}"
    if file_format in {"csv", "tsv"}:
        delimiter = "," if file_format == "csv" else "\t"
        path.write_bytes(csv_text(rows, delimiter).encode())
    elif file_format == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif file_format == "parquet":
        _write_parquet(path, rows)
    else:
        _write_tfrecord(path, rows)
    return path


def _write_parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    pq.write_table(pa.Table.from_pylist(rows), path)


def _write_tfrecord(path: Path, rows: list[dict[str, Any]]) -> None:
    with tf.io.TFRecordWriter(str(path)) as writer:
        for row in rows:
            example = tf.train.Example()
            for name, value in row.items():
                feature = example.features.feature[name]
                if isinstance(value, str):
                    feature.bytes_list.value.append(value.encode())
                elif isinstance(value, int):
                    feature.int64_list.value.append(value)
                elif isinstance(value, float):
                    feature.float_list.value.append(value)
            writer.write(example.SerializeToString())


def compress(path: Path) -> Path:
    """Replace a file by its gzip."""
    packed = path.with_name(path.name + ".gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    return packed


def params_for(path: Path | str, **changes: Any) -> DataParams:
    """Make parameters for a path."""
    return DataParams(path=str(path), **changes)
