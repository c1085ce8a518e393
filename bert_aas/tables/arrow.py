"""pyarrow, made safe: the rest of the code takes it from here and never imports it itself.

What differs between pyarrow's releases is here, too.

Releases before 14.0.1 unpickle what a file gives as the definition of a column's type, which runs
any code that the file holds. `pyarrow_hotfix` refuses such types for the whole process.

Source:
    CVE-2023-47248, https://github.com/pitrou/pyarrow-hotfix.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow_hotfix  # noqa: F401 - importing it is what makes pyarrow safe
from pyarrow import parquet

__all__ = ["batches", "joined", "pa", "parquet"]

_WORDS_PROMOTION = int(pa.__version__.partition(".")[0]) >= 14  # noqa: PLR2004 - a release


def joined(tables: list[pa.Table]) -> pa.Table:
    """Put tables below each other; a column that one lacks has nulls there.

    Args:
        tables: One or more.

    Returns:
        The whole.

    Raises:
        pa.ArrowException: If a column has different types, nulls aside.
    """
    promotion = {"promote_options": "default"} if _WORDS_PROMOTION else {"promote": True}
    return pa.concat_tables(tables, **promotion)


def batches(file: parquet.ParquetFile, **options: Any) -> Iterator[pa.RecordBatch]:
    """Read a Parquet file batch by batch; one without row groups has none, in every release.

    Args:
        file: The open file.
        options: What `ParquetFile.iter_batches` is told.

    Yields:
        The batches.

    Raises:
        pa.ArrowException: If the file is damaged.
        OSError: If it is damaged, too, or cannot be read.
    """
    if file.num_row_groups:  # pyarrow 18 refuses a file without
        yield from file.iter_batches(**options)
