"""Read JSON lines, Parquet and TFRecord; what all readers share."""

import io
import itertools
import json
import math
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from bert_aas.contracts.names import ROW_KEY
from bert_aas.tables.parquet import open_parquet
from components.example_gen.sources import SourceFile, is_gzip, open_source
from models.errors import InvalidInputError

Value: TypeAlias = str | int | float | bytes | None
Record: TypeAlias = tuple[int, dict[str, Value] | str]
"""Line or row number (1 is the first), and the values by column or why there are none."""

_ROWS_THAT_NAME_COLUMNS = 100
_BATCH_ROWS = 1024


def check_columns(columns: Iterable[str], required: tuple[str, ...], source: SourceFile) -> None:
    """Refuse a file that lacks a column, or has one under the name we add.

    Args:
        columns: What the file has.
        required: What the configuration names.
        source: The file, for the message.

    Raises:
        InvalidInputError: If a required column is missing or `row_key` is taken.
    """
    there = list(columns)
    missing = [name for name in required if name not in there]
    if missing:
        listed = ", ".join(f"'{name}'" for name in there[:50])
        raise InvalidInputError(
            f"data: '{source.name}' has no column '{missing[0]}'; its columns are {listed}."
        )
    if ROW_KEY in there and ROW_KEY not in required:
        raise InvalidInputError(
            f"data: '{source.name}' has a column '{ROW_KEY}', a name that is taken; rename it, "
            f"or set data.key_column: {ROW_KEY} to use it as the row's key."
        )


def read_jsonl(source: SourceFile, required: tuple[str, ...]) -> Iterator[Record]:
    """Stream the records of a file with one JSON object per line; blank lines are passed over.

    Args:
        source: The file.
        required: Columns that some of the first rows must have.

    Yields:
        Line number, and the values by column or why there are none.

    Raises:
        InvalidInputError: If a required column is missing.
    """  # noqa: DOC502 - raised by what it calls
    with open_source(source) as stream:
        lines = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="\n")
        records = (
            (number, _parse_json(line))
            for number, line in enumerate(lines, start=1)
            if not line.isspace()
        )
        yield from _with_columns_checked(records, required, source)


def _parse_json(line: str) -> dict[str, Value] | str:
    try:
        line.encode()
        content = json.loads(line)
    except UnicodeEncodeError as exc:
        position = len(line[: exc.start].encode()) + 1
        return f"not UTF-8: byte 0x{ord(line[exc.start]) - 0xDC00:02x} at position {position}"
    except json.JSONDecodeError as exc:
        return f"broken JSON at position {exc.pos + 1}: {exc.msg}"
    except (ValueError, RecursionError) as exc:
        return f"JSON that cannot be read: {type(exc).__name__}"
    if not isinstance(content, dict):
        return "a JSON value that is not an object"
    return {name: _plain(value) for name, value in content.items()}


def read_parquet(source: SourceFile, required: tuple[str, ...]) -> Iterator[Record]:
    """Stream the rows of a Parquet file, a thousand at a time.

    Args:
        source: The file.
        required: Columns that must be there.

    Yields:
        Row number, and the values by column or why there are none.

    Raises:
        InvalidInputError: If this is no Parquet file, or a required column is missing.
    """
    with open_source(source) as stream:
        file = open_parquet(stream, f"data.path: '{source.name}'")
        from bert_aas.tables.arrow import pa  # noqa: PLC0415 (open_parquet has imported it)

        try:
            check_columns(file.schema_arrow.names, required, source)
            number = itertools.count(1)
            for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                for record in _rows_of(batch):
                    yield next(number), record
        except pa.ArrowException as exc:
            raise InvalidInputError(
                f"data.path: '{source.name}' is not a Parquet file, or is damaged."
            ) from exc


def _rows_of(batch: Any) -> Iterator[dict[str, Value] | str]:
    for row in range(batch.num_rows):
        try:
            yield {
                name: _plain(column[row].as_py())
                for name, column in zip(batch.schema.names, batch.columns, strict=True)
            }
        except UnicodeDecodeError as exc:
            yield f"not UTF-8: byte 0x{exc.object[exc.start]:02x} at position {exc.start + 1}"


def read_tfrecord(source: SourceFile, required: tuple[str, ...]) -> Iterator[Record]:
    """Stream the tf.Examples of a TFRecord file, plain or gzip.

    Args:
        source: The file.
        required: Features that some of the first rows must have.

    Yields:
        Row number, and the values by feature or why there are none.

    Raises:
        InvalidInputError: If this is no TFRecord file, or a required feature is missing.
    """
    import tensorflow as tf  # noqa: PLC0415 (seconds, for this format only)

    compression = "GZIP" if is_gzip(source) else ""
    dataset = tf.data.TFRecordDataset(source.path, compression_type=compression)
    records = enumerate(map(_parse_example, dataset.as_numpy_iterator()), start=1)
    try:
        yield from _with_columns_checked(records, required, source)
    except tf.errors.OpError as exc:
        raise InvalidInputError(
            f"data.path: '{source.name}' is not a TFRecord file, or is damaged."
        ) from exc


def _parse_example(serialized: bytes) -> dict[str, Value] | str:
    import tensorflow as tf  # noqa: PLC0415 (read_tfrecord has imported it)
    from google.protobuf.message import DecodeError  # noqa: PLC0415

    try:
        features = tf.train.Example.FromString(serialized).features.feature
    except DecodeError:
        return "not a tf.Example"
    values: dict[str, Value] = {}
    for name, feature in features.items():
        kind = feature.WhichOneof("kind")
        items = list(getattr(feature, kind).value) if kind else []
        values[name] = _plain(items[0] if len(items) == 1 else items or None)
    return values


def _with_columns_checked(
    records: Iterator[Record], required: tuple[str, ...], source: SourceFile
) -> Iterator[Record]:
    """Check the columns of a format without header: the union over the first rows."""
    first = list(itertools.islice(records, _ROWS_THAT_NAME_COLUMNS))
    rows = [content for _, content in first if not isinstance(content, str)]
    if rows:
        check_columns(dict.fromkeys(name for row in rows for name in row), required, source)
    yield from first
    yield from records


def _plain(value: Any) -> Value:
    """Make one value of a typed format plain: NaN is missing, what is nested becomes JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isnan(value):
        return None
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, bytes):
        return _decoded(value)
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, default=_as_text)
    return str(value)


def _decoded(value: bytes) -> str | bytes:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def _as_text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
