"""The component's work on a few rows."""

from pathlib import Path

import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.types import artifact_utils, standard_artifacts
from tfx.utils import json_utils

from components.transform.executor import Executor
from models.params import FeatureNames, PreprocessingParams, TransformParams
from tests.components.tf_examples import example
from tests.tiny_encoder import VOCAB

pytestmark = pytest.mark.slow  # TFT takes seconds to analyse

SPLITS = {"train": ["two", "one", "two", "three", "two", "one"], "eval": ["one", "new"]}


def write_examples(folder: Path) -> standard_artifacts.Examples:
    """Write one file per label, so that the analysis has to merge files."""
    examples = standard_artifacts.Examples()
    examples.uri = str(folder)
    examples.split_names = artifact_utils.encode_split_names(list(SPLITS))
    for split, labels in SPLITS.items():
        for label in set(labels):
            path = folder / f"Split-{split}" / f"data-{label}.gz"
            path.parent.mkdir(parents=True, exist_ok=True)
            with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
                for _ in range(labels.count(label)):
                    writer.write(example(review="good shirt", stars=label, unread="x"))
    return examples


def write_schema(folder: Path) -> standard_artifacts.Schema:
    schema = schema_pb2.Schema()
    for name in ("review", "stars", "unread"):
        schema.feature.add(name=name, type=schema_pb2.BYTES)
    folder.mkdir()
    (folder / "schema.pbtxt").write_text(text_format.MessageToString(schema))
    artifact = standard_artifacts.Schema()
    artifact.uri = str(folder)
    return artifact


def test_the_train_split_is_analysed_and_all_splits_are_transformed(tmp_path: Path) -> None:
    graph, transformed = standard_artifacts.TransformGraph(), standard_artifacts.Examples()
    graph.uri, transformed.uri = str(tmp_path / "graph"), str(tmp_path / "transformed")
    (tmp_path / "vocab.txt").write_text("\n".join(VOCAB) + "\n")
    params = PreprocessingParams(
        features=FeatureNames(text="review", text_pair=None, label="stars"),
        transform=TransformParams(max_seq_length=32),
        vocab_path=str(tmp_path / "vocab.txt"),
        do_lower_case=True,
    )
    Executor(Executor.Context()).Do(
        {
            "examples": [write_examples(tmp_path / "examples")],
            "schema": [write_schema(tmp_path / "schema")],
        },
        {"transform_graph": [graph], "transformed_examples": [transformed]},
        {
            "preprocessing_fn": "models.preprocessing.preprocessing_fn",
            "custom_config": json_utils.dumps({"params": params.model_dump_json()}),
        },
    )

    written = sorted(path.name for path in Path(graph.uri).iterdir())
    assert written == ["metadata", "transform_fn", "transformed_metadata"]
    vocabulary = Path(graph.uri, "transform_fn", "assets", "label").read_text()
    assert vocabulary.split() == ["two", "one", "three"]  # by their number in the train split
    assert sorted(path.name for path in Path(transformed.uri).iterdir()) == [
        "Split-eval",
        "Split-train",
    ]
    assert labels_in(transformed, "train") == {b"one": 2, b"two": 3, b"three": 1}
    assert labels_in(transformed, "eval") == {b"one": 1, None: 1}


def labels_in(examples: standard_artifacts.Examples, split: str) -> dict[bytes | None, int]:
    """Count the rows of each label of a split, after a look at their word pieces."""
    places = {0: b"two", 1: b"one", 2: b"three", -1: None}
    words = [VOCAB.index(word) for word in ("[CLS]", "good", "shirt", "[SEP]")]
    folder = Path(artifact_utils.get_split_uri([examples], split))
    counts: dict[bytes | None, int] = {}
    for path in folder.iterdir():
        for record in tf.data.TFRecordDataset(str(path), "GZIP").as_numpy_iterator():
            features = tf.train.Example.FromString(record).features.feature
            assert features["input_word_ids"].int64_list.value == words
            label = places[features["label"].int64_list.value[0]]
            counts[label] = counts.get(label, 0) + 1
    return counts
