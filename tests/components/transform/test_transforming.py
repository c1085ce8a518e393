"""One file through a transform graph, against the tokenizer itself."""

from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from components.transform.kept_tokens import write_index
from components.transform.transforming import FilePair, TokenSource, TransformFile
from tests.components.transform.kept_texts import kept
from tests.models.toy_training import LABELS, transform_graph
from tests.tiny_encoder import VOCAB

pytestmark = pytest.mark.slow  # TFT takes seconds to import and to analyse

TEXTS = ("the shirt fits", None, "good " * 40)


def write(path: Path) -> None:
    with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
        for number, text in enumerate(TEXTS):
            example = tf.train.Example()
            features = example.features.feature
            if text is not None:
                features["review"].bytes_list.value.append(text.encode())
            label = LABELS[number] if number < len(LABELS) else "unknown"
            features["stars"].bytes_list.value.append(label.encode())
            writer.write(example.SerializeToString())


def read(path: Path) -> list[tuple[list[int], list[int]]]:
    rows = []
    for record in tf.data.TFRecordDataset(str(path), "GZIP").as_numpy_iterator():
        features = tf.train.Example.FromString(record).features.feature
        assert set(features) == {"input_word_ids", "label"}
        word_ids, label = (features[name].int64_list.value for name in ("input_word_ids", "label"))
        rows.append((list(word_ids), list(label)))
    return rows


def test_rows_keep_their_order_and_length(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    parts = tmp_path / "parts"
    parts.mkdir()
    write(tmp_path / "raw.gz")
    step = TransformFile(str(transform_graph(tmp_path_factory)), str(parts))
    step.setup()

    counted = list(step.process(FilePair(str(tmp_path / "raw.gz"), str(tmp_path / "made.gz"))))

    assert counted == [(len(TEXTS), len(TEXTS))]
    assert not list(parts.iterdir())
    ids = {piece: place for place, piece in enumerate(VOCAB)}
    start, end = ids["[CLS]"], ids["[SEP]"]
    assert read(tmp_path / "made.gz") == [
        ([start, ids["the"], ids["shirt"], ids["fits"], end], [0]),
        ([start, end], [1]),
        ([start, *[ids["good"]] * 30, end], [-1]),
    ]


def test_kept_tokens_are_taken_and_other_texts_are_tokenized(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The tokens of the first text are such as no tokenizer makes of it."""
    folders = {name: tmp_path / name for name in ("parts", "tokens")}
    for folder in folders.values():
        folder.mkdir()
    write(tmp_path / "raw.gz")
    write_index(kept(tmp_path, {TEXTS[0]: [2, 77, 3]}), False, str(folders["tokens"]))
    source = TokenSource(str(folders["tokens"]), ("review",))
    step = TransformFile(str(transform_graph(tmp_path_factory)), str(folders["parts"]), source)
    step.setup()

    counted = list(step.process(FilePair(str(tmp_path / "raw.gz"), str(tmp_path / "made.gz"))))

    assert counted == [(len(TEXTS), 2)]
    ids = {piece: place for place, piece in enumerate(VOCAB)}
    start, end = ids["[CLS]"], ids["[SEP]"]
    assert read(tmp_path / "made.gz") == [
        ([2, 77, 3], [0]),
        ([start, end], [1]),
        ([start, *[ids["good"]] * 30, end], [-1]),
    ]


def test_no_text_is_tokenized_where_all_tokens_are_kept(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = {name: tmp_path / name for name in ("parts", "tokens")}
    for folder in folders.values():
        folder.mkdir()
    write(tmp_path / "raw.gz")
    texts: dict[Any, Any] = {text: [2, number, 3] for number, text in enumerate(TEXTS)}
    write_index(kept(tmp_path, texts), False, str(folders["tokens"]))
    source = TokenSource(str(folders["tokens"]), ("review",))
    step = TransformFile(str(transform_graph(tmp_path_factory)), str(folders["parts"]), source)
    step.setup()
    monkeypatch.setattr(step, "_transform", None)  # the graph with the tokenizer

    counted = list(step.process(FilePair(str(tmp_path / "raw.gz"), str(tmp_path / "made.gz"))))

    assert counted == [(len(TEXTS), 0)]
    assert [row for row, _ in read(tmp_path / "made.gz")] == list(texts.values())
