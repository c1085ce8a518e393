"""Files in `data.splits` are those of `data.split_files`."""

from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from pipeline.config.pipeline_config import PipelineConfig, load_config


def load(folder: Path, text: str, *overrides: str) -> PipelineConfig:
    file = folder / "config.yaml"
    file.write_text(f"data:\n  path: rows\n  splits: {text}\n", encoding="utf-8")
    return load_config(file, overrides)


def test_files_and_shares_may_stand_in_one_place(tmp_path: Path) -> None:
    files = {"train": "a.csv", "eval": "b.csv", "test": "c.csv"}
    found = load(tmp_path, "{train: a.csv, eval: b.csv, test: c.csv}").data
    assert found.split_files.given == files
    mixed = load(tmp_path, "{train: a.csv, test: 0.2}").data
    assert mixed.split_files.given == {"train": "a.csv"}
    assert mixed.splits.test == 0.2
    shares = load(tmp_path, "{train: 0.6, eval: 0.2, test: 0.2}").data
    assert (shares.splits.train, shares.split_files.given) == (0.6, {})


def test_the_command_line_names_files_too(tmp_path: Path) -> None:
    given = [f"data.splits.{split}={split}/*.csv" for split in ("train", "eval", "test")]
    found = load(tmp_path, "{train: 0.8, eval: 0.1, test: 0.1}", *given).data
    assert found.split_files.given == {
        split: f"{split}/*.csv" for split in ("train", "eval", "test")
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{train: a.csv, tset: b.csv}", "tset"),
        ("{eval: a.csv}", "split_files needs the files of train"),
        ("{train: a.csv, eval: 0}", "eval"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(InvalidInputError, match=sentence):
        load(tmp_path, text)
