"""Rows that somebody has split already: `data.split_files`."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bert_aas.contracts.errors import InvalidInputError
from components.example_gen.params import GIVEN_SPLIT, DataParams, SplitBy, SplitFiles
from components.example_gen.preflight import inspect
from components.example_gen.reading.sources import find_files
from tests.components.example_gen.tables import reviews, write_table

SIZES = {"train": 30, "eval": 12, "test": 15}


def channels(folder: Path, file_format: str = "csv", **sizes: int) -> Path:
    first = 0
    for split, rows in (sizes or SIZES).items():
        (folder / split).mkdir()
        write_table(folder / split, file_format, reviews(first + rows)[first:])
        first += rows
    return folder


def params(folder: Path, splits: dict[str, str]) -> DataParams:
    files = SplitFiles.model_validate(splits)
    return DataParams(path=str(folder), split_files=files)


@pytest.mark.parametrize("file_format", ["csv", "jsonl", "parquet", "tfrecord"])
def test_rows_go_where_their_files_say(tmp_path: Path, file_format: str) -> None:
    folder = channels(tmp_path, file_format)
    found = inspect(params(folder, {split: split for split in SIZES}))
    assert found.plan.rows == SIZES
    assert GIVEN_SPLIT not in found.columns
    assert found.files == tuple(f"{split}/reviews.{file_format}" for split in SIZES)


def test_paths_may_be_absolute_and_patterns(tmp_path: Path) -> None:
    folder = channels(tmp_path)
    mixed = {"train": "train/*.csv", "eval": str(folder / "eval"), "test": "test/reviews.csv"}
    assert inspect(params(folder, mixed)).plan.rows == SIZES
    absolute = {split: str(folder / split) for split in SIZES}
    assert inspect(params(Path("/nowhere"), absolute)).plan.rows == SIZES


def test_splits_without_files_are_cut_off_the_train_rows(tmp_path: Path) -> None:
    folder = channels(tmp_path, train=400, eval=12)
    found = inspect(params(folder, {"train": "train", "eval": "eval"})).plan.rows
    assert found["eval"] == 12
    assert found["train"] + found["test"] == 400
    assert 20 <= found["test"] <= 70
    alone = inspect(params(folder, {"train": "train"})).plan.rows
    assert sum(alone.values()) == 400
    assert alone["test"] == found["test"]  # the same rows, whatever else is given
    assert 20 <= alone["eval"] <= 70


def test_the_files_are_read_back(tmp_path: Path) -> None:
    found = params(tmp_path, {"train": "a.csv", "eval": "b.csv", "test": "c.csv"})
    assert DataParams.model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"split_by": SplitBy(group="customer")}, "split_files and split_by exclude each other"),
        ({"stratify": True}, "split_files and stratify exclude each other"),
        ({"split_files": SplitFiles(eval="b")}, "split_files needs the files of train"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        DataParams(path="x", **{"split_files": SplitFiles(train="a"), **changes})


def test_a_missing_file_and_two_formats_are_refused(tmp_path: Path) -> None:
    folder = channels(tmp_path)
    with pytest.raises(InvalidInputError, match=r"^data\.split_files\.eval: no file found at "):
        find_files(params(folder, {"train": "train", "eval": "validation"}))
    write_table(folder / "test", "jsonl", reviews(3))
    splits = {"train": "train", "test": "test/*.jsonl"}
    with pytest.raises(InvalidInputError, match="the splits have the formats csv and jsonl"):
        find_files(params(folder, splits))
