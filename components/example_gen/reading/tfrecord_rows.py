"""Read the rows of TFRecord files of tf.Example."""

from collections.abc import Iterator

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.formats.json_lines import with_columns_checked
from bert_aas.tables.sources import SourceFile
from bert_aas.tables.streams import is_gzip
from bert_aas.tables.values import Record, Value, plain


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
        yield from with_columns_checked(records, required, source)
    except tf.errors.OpError as exc:
        raise InvalidInputError(f"{source.called} is not a TFRecord file, or is damaged.") from exc


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
        values[name] = plain(items[0] if len(items) == 1 else items or None)
    return values
