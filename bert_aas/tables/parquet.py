"""Open Parquet files that nobody vouches for."""

from typing import Any, BinaryIO

from bert_aas.contracts.errors import InvalidInputError


def open_parquet(stream: BinaryIO, name: str) -> Any:
    """Open a Parquet file and read its schema.

    Args:
        stream: The file, seekable.
        name: What messages call it.

    Returns:
        A `pyarrow.parquet.ParquetFile`.

    Raises:
        InvalidInputError: If it is none, or a column's type is code that the file brings along.
    """
    # A third of a second, for this format only.
    from bert_aas.tables.arrow import pa, parquet  # noqa: PLC0415

    try:
        file = parquet.ParquetFile(stream)
        _ = file.schema_arrow
    except pa.ArrowException as exc:
        raise InvalidInputError(f"{name} is not a Parquet file, or is damaged.") from exc
    except (RuntimeError, ValueError, LookupError) as exc:  # from pyarrow_hotfix, as it finds it
        raise InvalidInputError(
            f"{name} has a column whose type is a Python object (arrow.py_extension_type): reading "
            "it could run code that the file brings along; write the file again with plain types."
        ) from exc
    return file
