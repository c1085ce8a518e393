"""A toy task for the tests of the training side: one word of a row decides its class."""

import functools
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform.beam as tft_beam
from tensorflow_transform.tf_metadata import dataset_metadata, metadata_io, schema_utils

import models.keras_compat  # noqa: F401  (decides on Keras 2 before TensorFlow is imported)
from models.encoders.architecture.bert import BertConfig, BertEncoder, random_weights
from models.encoders.exporting import export_encoder
from models.encoders.folders import hash_files
from models.params import (
    EncoderParams,
    FeatureNames,
    PreprocessingParams,
    TrainerParams,
    TrainParams,
    TransformParams,
    TuneParams,
)
from models.preprocessing import preprocessing_fn
from models.training.fitting import FitRequest, TrainingData, load_data
from tests.tiny_encoder import VOCAB, build_tiny_encoder

REPOSITORY = Path(__file__).parents[2]
CLASS_WORDS = ("bad", "good")
FILLERS = ("the", "shirt", "shoes", "movie", "and", "fits", "very", "a", "b", "c")
RAW_SPEC = {
    "review": tf.io.VarLenFeature(tf.string),
    "title": tf.io.VarLenFeature(tf.string),
    "stars": tf.io.VarLenFeature(tf.string),
}
LABELS = ("one star", "five stars")


class Row(NamedTuple):
    """One transformed row."""

    word_ids: list[int]
    label: int
    type_ids: list[int] = []  # noqa: RUF012  (stored rows of single texts have none)


def toy_text(label: int, words: int, generator: np.random.Generator) -> str:
    """Write one text of `words` words, one of which tells the class."""
    text = [str(word) for word in generator.choice(FILLERS, words - 1)]
    text.insert(int(generator.integers(words)), CLASS_WORDS[label])
    return " ".join(text)


def toy_rows(count: int, seed: int, flipped: bool = False) -> list[Row]:
    """Make rows of 3 to 26 tokens, the classes in turn; `flipped` rows have the wrong label."""
    generator = np.random.default_rng(seed)
    rows = []
    for place in range(count):
        label = place % 2
        words = toy_text(label, int(generator.integers(1, 25)), generator).split()
        ids = [VOCAB.index(word) for word in ("[CLS]", *words, "[SEP]")]
        rows.append(Row(ids, 1 - label if flipped else label))
    return rows


def write_rows(path: Path, rows: Sequence[Row]) -> str:
    """Write rows as Transform does; give the path as a file pattern."""
    with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
        for row in rows:
            example = tf.train.Example()
            features = example.features.feature
            features["input_word_ids"].int64_list.value.extend(row.word_ids)
            features["label"].int64_list.value.append(row.label)
            if row.type_ids:
                features["input_type_ids"].int64_list.value.extend(row.type_ids)
            writer.write(example.SerializeToString())
    return str(path)


def build_still_encoder(output: Path) -> Path:
    """Write a tiny TF-Hub module without dropout: its training can be repeated exactly."""
    config = BertConfig(
        vocab_size=len(VOCAB),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    vocab = output.with_name(f"{output.name}-vocab.txt")
    vocab.write_text("\n".join(VOCAB) + "\n", encoding="utf-8")
    export_encoder(BertEncoder(config, random_weights(3, deviation=0.2)), vocab, True, output)
    return output


class Toy(NamedTuple):
    """A folder with an encoder without dropout and two splits."""

    folder: Path

    @property
    def encoder(self) -> str:
        return str(self.folder / "encoder")

    @property
    def files(self) -> tuple[list[str], list[str]]:
        return [str(self.folder / "train*")], [str(self.folder / "eval*")]

    def data(self) -> TrainingData:
        return load_data(*self.files, len(CLASS_WORDS))

    def request(self, train: TrainParams, checkpoints: Path | str) -> FitRequest:
        return FitRequest(self.encoder, EncoderParams(), train, str(checkpoints))


def build_toy(
    folder: Path,
    rows: int = 40,
    eval_rows: int = 16,
    flipped_eval: bool = False,
    dropout: bool = False,
) -> Toy:
    """Write the encoder and the two splits into a folder."""
    (build_tiny_encoder if dropout else build_still_encoder)(folder / "encoder")
    write_rows(folder / "train.gz", toy_rows(rows, seed=1))
    write_rows(folder / "eval.gz", toy_rows(eval_rows, seed=2, flipped=flipped_eval))
    return Toy(folder)


def shared_toy(factory: pytest.TempPathFactory) -> Toy:
    """Build the toy once for a whole test session."""
    return _toy_in(factory.getbasetemp() / "toy")


@functools.cache
def _toy_in(folder: Path) -> Toy:
    folder.mkdir()
    return build_toy(folder)


def transform_graph(factory: pytest.TempPathFactory, text_pair: str | None = None) -> Path:
    """Run TFX's Transform step over twelve rows, once a session; give the folder of its graph."""
    return _graph_in(factory.getbasetemp() / f"transform-{text_pair}", text_pair)


@functools.cache
def _graph_in(folder: Path, text_pair: str | None) -> Path:
    folder.mkdir()
    vocab = folder / "vocab.txt"
    vocab.write_text("\n".join(VOCAB) + "\n", encoding="utf-8")
    params = PreprocessingParams(
        features=FeatureNames(text="review", text_pair=text_pair, label="stars"),
        transform=TransformParams(max_seq_length=32),
        vocab_path=str(vocab),
        do_lower_case=True,
    )
    config = {"params": params.model_dump_json()}
    generator = np.random.default_rng(5)
    # Seven rows of the first class and five of the second: the vocabulary's order is certain.
    rows = [
        {"review": [toy_text(label, 4, generator)], "title": ["a"], "stars": [LABELS[label]]}
        for label in (0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0)
    ]
    metadata = dataset_metadata.DatasetMetadata(schema_utils.schema_from_feature_spec(RAW_SPEC))
    with beam.Pipeline() as pipeline, tft_beam.Context(temp_dir=str(folder / "temporary")):
        function = (pipeline | beam.Create(rows), metadata) | tft_beam.AnalyzeDataset(
            lambda inputs: preprocessing_fn(inputs, config)
        )
        _ = function | tft_beam.WriteTransformFn(str(folder / "graph"))
    metadata_io.write_metadata(metadata, str(folder / "graph" / "metadata"))  # as TFX does
    return folder / "graph"


def fn_args(toy: Toy, graph: Path, output: Path, params: TrainerParams) -> SimpleNamespace:
    """Make what TFX hands to `run_fn` and `tuner_fn`."""
    train_files, eval_files = toy.files
    return SimpleNamespace(
        custom_config={"params": params.model_dump_json()},
        hyperparameters=None,
        transform_graph_path=str(graph),
        train_files=train_files,
        eval_files=eval_files,
        model_run_dir=str(output / "run"),
        serving_model_dir=str(output / "model"),
    )


def trainer_params(
    toy: Toy, checkpoints: Path, train: TrainParams, tune: TuneParams | None = None
) -> TrainerParams:
    """Make the parameters of Trainer and Tuner."""
    return TrainerParams(
        features=FeatureNames(text="review", label="stars"),
        encoder=EncoderParams(source=toy.encoder),
        encoder_fingerprint=hash_files(Path(toy.encoder)),
        transform=TransformParams(max_seq_length=32),
        train=train,
        tune=tune or TuneParams(),
        checkpoint_root=str(checkpoints),
        code_fingerprint="",
    )


def weights_of(model: Any) -> dict[str, np.ndarray[Any, Any]]:
    """Give the weights of a model by name."""
    return {weight.name: weight.numpy() for weight in model.weights}


def assert_same_weights(left: Any, right: Any, tolerance: float) -> None:
    """Compare the weights of two models."""
    ours, theirs = weights_of(left), weights_of(right)
    assert ours.keys() == theirs.keys()
    for name, values in ours.items():
        np.testing.assert_allclose(values, theirs[name], atol=tolerance, rtol=0, err_msg=name)


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, in the repository's root."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
