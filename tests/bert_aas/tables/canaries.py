"""Files that run code when a careless reader opens them; the code makes a canary file."""

import pickle
from pathlib import Path

from bert_aas.tables.arrow import pa, parquet


class _Touch:
    def __init__(self, canary: Path) -> None:
        self._canary = canary

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return open, (str(self._canary), "w")  # type: ignore[return-value]


def canary_type(canary: Path) -> dict[bytes, bytes]:
    """Make a field's metadata that claim a pickled type; unpickling it makes the canary."""
    return {
        b"ARROW:extension:name": b"arrow.py_extension_type",
        b"ARROW:extension:metadata": pickle.dumps(_Touch(canary)),
    }


def write_canary_parquet(path: Path, canary: Path, rows: int = 30) -> Path:
    """Write a table whose column `text` claims a pickled type (CVE-2023-47248)."""
    text = pa.field("text", pa.string(), metadata=canary_type(canary))
    schema = pa.schema([text, ("label", pa.string())])
    columns = [[f"text {row}" for row in range(rows)], [str(row % 2) for row in range(rows)]]
    arrays = [pa.array(column) for column in columns]
    parquet.write_table(pa.Table.from_arrays(arrays, schema=schema), path)
    return path
