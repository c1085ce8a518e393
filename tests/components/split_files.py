"""Write rows as a split of tf.Examples."""

from pathlib import Path

import tensorflow as tf

from components.tfrecords import write_tfrecord_file

Row = dict[str, str | int | float | None]


def serialized(row: Row) -> bytes:
    """Make a tf.Example; `None` is a missing value."""
    made = tf.train.Example()
    for name, value in row.items():
        feature = made.features.feature[name]  # a missing value has no kind
        if isinstance(value, str):
            feature.bytes_list.value.append(value.encode())
        elif isinstance(value, float):
            feature.float_list.value.append(value)
        elif value is not None:
            feature.int64_list.value.append(value)
    return bytes(made.SerializeToString())


def write_split(folder: Path, rows: list[Row], files: int = 2) -> Path:
    """Deal rows out to the files of a split."""
    folder.mkdir(parents=True)
    for number in range(files):
        write_tfrecord_file(str(folder / f"data-{number}.gz"), map(serialized, rows[number::files]))
    return folder
