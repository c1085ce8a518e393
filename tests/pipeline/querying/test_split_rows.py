"""The rows of a split, as ExampleGen writes them."""

from pathlib import Path

import pytest

from bert_aas.catalogue.contents import Batches
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.arrow import pa
from components.example_gen.reading.batches import RowBatch
from components.example_gen.reading.column_types import ColumnType
from components.example_gen.writing.example_encoding import ExampleEncoder
from components.tfrecords import write_tfrecord_file
from pipeline.querying.split_rows import split_content

COLUMNS = {
    "text": ColumnType.BYTES,
    "stars": ColumnType.INT,
    "price": ColumnType.FLOAT,
    "late": ColumnType.INT,
    "never": ColumnType.MISSING,
}


def write_split(folder: Path, rows: int) -> None:
    """Write rows in two files; the last one alone has a value of `late`."""
    folder.mkdir(parents=True)
    encoder = ExampleEncoder(COLUMNS, None)
    for part, numbers in enumerate((range(1, rows), range(rows, rows + 1))):
        batch = RowBatch(
            "reviews.csv",
            numbers,
            {
                "text": [f"text {number}" if number % 3 else None for number in numbers],
                "stars": [str(-number) for number in numbers],
                "price": ["0.5" for _ in numbers],
                "late": [str(number) if number == rows else None for number in numbers],
                "never": [None for _ in numbers],
            },
        )
        write_tfrecord_file(f"{folder}/data_tfrecord-0000{part}.gz", encoder.encode(batch))


def table(content: Batches) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = pa.Table.from_batches(
        content.batches(), content.schema
    ).to_pylist()
    return rows


def test_every_feature_is_a_column(tmp_path: Path) -> None:
    write_split(tmp_path / "Split-train", 5000)
    content = split_content(str(tmp_path / "Split-train"), "splits.train")
    kinds = {field.name: str(field.type) for field in content.schema}
    assert kinds == {
        "late": "int64",
        "never": "string",
        "price": "float",
        "row_key": "string",
        "stars": "int64",
        "text": "string",
    }
    rows = table(content)
    assert len(rows) == 5000
    same = {"late": None, "never": None, "price": 0.5}
    assert rows[1] == same | {"row_key": "reviews.csv:2", "stars": -2, "text": "text 2"}
    assert rows[2]["text"] is None
    assert rows[-1]["late"] == 5000
    assert table(content) == rows  # it may be read again


def test_files_that_are_gone(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"splits\.train: its files are no longer in"):
        split_content(str(tmp_path), "splits.train")
