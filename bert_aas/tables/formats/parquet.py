"""Read Parquet files from untrusted sources."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.sources import SourceFile, check_columns
from bert_aas.tables.streams import open_source
from bert_aas.tables.values import Record, Value, plain, spelt_label

_BATCH_ROWS = 1024
USE_THREADS = False
"""False: Arrow's threads may release a Python stream while the process ends, and abort it."""

_UNREADABLE = (ValueError, ArithmeticError, LookupError, RecursionError)  # dates of year 300,000


def open_parquet(stream: BinaryIO, called: str) -> Any:
    """Open a Parquet file and read its schema.

    Args:
        stream: The file, seekable.
        called: What messages call it.

    Returns:
        A `pyarrow.parquet.ParquetFile`.

    Raises:
        InvalidInputError: If it is not a Parquet file, or if reading it could run code from it.
        OSError: If the file cannot be read.
    """
    # A third of a second, for this format only.
    from bert_aas.tables.arrow import pa, parquet  # noqa: PLC0415

    try:
        file = parquet.ParquetFile(stream)
        _ = file.schema_arrow
    except pa.ArrowException as exc:
        raise InvalidInputError(f"{called} is not a Parquet file, or is damaged.") from exc
    except OSError as exc:
        if exc.errno is not None:
            raise
        raise InvalidInputError(f"{called} is not a Parquet file, or is damaged.") from exc
    except InvalidInputError:
        raise
    except (RuntimeError, ValueError, LookupError) as exc:  # from pyarrow_hotfix, as it finds it
        raise InvalidInputError(
            f"{called} has a column whose type is a Python object "
            "(arrow.py_extension_type): reading it could run code from the file; write "
            "the file again with plain types."
        ) from exc
    return file


def read_parquet(source: SourceFile, required: tuple[str, ...]) -> Iterator[Record]:
    """Stream the rows of a Parquet file, a thousand at a time.

    Args:
        source: The file.
        required: Columns that must be there.

    Yields:
        Row number, and the values by column or why there are none.

    Raises:
        InvalidInputError: If this is no Parquet file, holds fewer rows than it says, or a required
            column is missing.
    """
    with open_source(source) as stream:
        file = open_parquet(stream, source.called)
        from bert_aas.tables.arrow import batches, pa  # noqa: PLC0415 (open_parquet imported it)

        check_columns(file.schema_arrow.names, required, source)
        numbers = itertools.count(1)
        try:
            for batch in batches(file, batch_size=_BATCH_ROWS, use_threads=USE_THREADS):
                for record in rows_of(batch, source.options.label_column):
                    yield next(numbers), record
        except (pa.ArrowException, OSError) as exc:
            raise InvalidInputError(f"{source.called} is damaged: {_first_line(exc)}.") from exc
        if next(numbers) != file.metadata.num_rows + 1:
            raise InvalidInputError(
                f"{source.called} is damaged: not all its {file.metadata.num_rows} rows can "
                "be read."
            )


def rows_of(batch: Any, label_column: str | None = None) -> list[dict[str, Value] | str]:
    """Give the rows of a record batch.

    Args:
        batch: A `pyarrow.RecordBatch`.
        label_column: The column of the classes: its float32 numbers get the digits of their own
            precision, so that 0.1 is the class it is elsewhere.

    Returns:
        The values of each row, or why it cannot be read.
    """
    columns = {
        name: _labels(column) if name == label_column else _values(column)
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    }
    if not columns:
        return [{} for _ in range(batch.num_rows)]
    names = list(columns)
    return [_row(names, values) for values in zip(*columns.values(), strict=True)]


class _Unreadable(str):
    """Why a value cannot be read."""

    __slots__ = ()


def _row(names: Sequence[str], values: Sequence[Value]) -> dict[str, Value] | str:
    for name, value in zip(names, values, strict=True):
        if isinstance(value, _Unreadable):
            return f"{value} in column '{name}'"
    return dict(zip(names, values, strict=True))


def _values(column: Any, made: Callable[[Any], Value] = plain) -> list[Value]:
    try:
        return [made(value) for value in column.to_pylist()]
    except _UNREADABLE:
        return [_value(scalar, made) for scalar in column]


def _value(scalar: Any, made: Callable[[Any], Value]) -> Value:
    try:
        return made(scalar.as_py())
    except UnicodeDecodeError as exc:
        byte = exc.object[exc.start]
        return _Unreadable(f"not UTF-8: byte 0x{byte:02x} at position {exc.start + 1}")
    except _UNREADABLE as exc:
        return _Unreadable(f"a value that cannot be read ({type(exc).__name__})")


def _labels(column: Any) -> list[Value]:
    from bert_aas.tables.arrow import pa  # noqa: PLC0415 (the batch is its)

    if pa.types.is_float32(column.type):
        column = column.cast(pa.string()).cast(pa.float64())
    return _values(column, lambda value: plain(spelt_label(value)))


def _first_line(exc: BaseException) -> str:
    return str(exc).partition("\n")[0].rstrip(".")
