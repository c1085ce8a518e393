"""The worst mistakes, of a model whose class is the length of the text modulo 4."""

import shutil
from pathlib import Path

import pytest
import tensorflow as tf

from bert_aas.contracts.errors import InvalidInputError
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.predictions.mistakes import Mistakes, find_mistakes, read_rows
from tests.components.split_files import Row, serialized
from tests.pipeline.predictions.test_prediction import export

pytestmark = pytest.mark.slow

ROWS: list[Row] = [
    {"row_key": "c", "body": "ab", "stars": "no", "shop": "x"},  # it says -1
    {"row_key": "b", "body": "größ", "stars": "new", "shop": None},  # it says no
    {"row_key": "a", "body": "a", "stars": "10", "shop": "x"},  # right
    {"row_key": "d", "body": "abc", "stars": None, "shop": "x"},  # no label
    {"row_key": "e", "body": None, "stars": "no", "shop": "y"},  # right: an empty text
    {"row_key": "a", "body": "abc", "stars": "10", "shop": "y"},  # it says 2
]


def example(row: Row) -> bytes:
    return serialized({**row, "price": 2.5, "size": 40})


@pytest.fixture(scope="module")
def config() -> PipelineConfig:
    sections = {
        "data": {"path": "rows.csv", "text_column": "body", "label_column": "stars"},
        "evaluate": {"slices": ["shop", "price", "size"]},
    }
    return PipelineConfig.model_validate(sections, strict=False)


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    (folder / "Split-test").mkdir()
    for number, rows in enumerate((ROWS[:2], ROWS[2:])):
        path = folder / "Split-test" / f"data_tfrecord-{number:05d}-of-00002.gz"
        with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
            for row in rows:
                writer.write(example(row))
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(tmp_path_factory.mktemp("model") / "1")


def test_rows_have_texts_labels_and_slices(examples: Path, config: PipelineConfig) -> None:
    rows = list(read_rows(str(examples), "test", config))

    assert [(row.key, row.texts, row.label) for row in rows] == [
        ("c", ("ab",), "no"),
        ("b", ("größ",), "new"),
        ("a", ("a",), "10"),
        ("e", ("",), "no"),
        ("a", ("abc",), "10"),
    ]
    assert rows[0].columns == {"shop": "x", "price": "2.5", "size": "40"}
    assert rows[1].columns["shop"] == ""


def test_the_surest_mistakes_are_kept(model: Path, examples: Path, config: PipelineConfig) -> None:
    found = find_mistakes(model, str(examples), config, limit=2)

    assert (found.split, found.rows, found.wrong) == ("test", 5, 3)
    # All are equally sure: the keys decide.
    assert [(m.row.texts[0], m.row.label, m.predicted) for m in found.worst] == [
        ("abc", "10", "2"),
        ("größ", "new", "no"),
    ]
    assert [m.probability for m in found.worst] == pytest.approx([0.7, 0.7])
    assert [m.true_probability for m in found.worst] == pytest.approx([0.1, 0.0])


def test_a_folder_may_be_called_like_a_pattern(
    examples: Path, config: PipelineConfig, tmp_path: Path
) -> None:
    shutil.copytree(examples, tmp_path / "a[1]*?")
    found = list(read_rows(str(tmp_path / "a[1]*?"), "test", config))
    assert found == list(read_rows(str(examples), "test", config))


def test_a_split_that_is_not_there_is_refused(
    model: Path, examples: Path, config: PipelineConfig
) -> None:
    with pytest.raises(InvalidInputError, match="has no split 'dev'"):
        find_mistakes(model, str(examples), config, split="dev")


def test_a_split_without_rows_has_no_mistakes(
    model: Path, tmp_path: Path, config: PipelineConfig
) -> None:
    (tmp_path / "Split-eval").mkdir()
    tf.io.TFRecordWriter(str(tmp_path / "Split-eval" / "data.gz"), "GZIP").close()

    assert find_mistakes(model, str(tmp_path), config, split="eval") == Mistakes("eval", 0, 0, ())
