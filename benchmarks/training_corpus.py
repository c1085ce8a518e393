"""The rows that trainings are compared on: drawn, tokenized, written as Transform does."""

import argparse
import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.baselines.export_weights import HEADS, write_checkpoint
from models.encoders.resolving import EncoderModule, resolve
from models.environment import cache_dir
from models.params import EncoderParams
from models.text.tokenizer import BertTokenizer, read_vocab
from models.training.batching import read_rows
from models.training.fitting import TrainingData, load_data

ROOT = Path(__file__).resolve().parents[1]
MAX_LENGTH = 128
SEED = 3
SPLITS = ("train", "eval", "test")
Row = tuple[str, str]


@dataclass(frozen=True)
class TrainingCorpus:
    """Tokenized rows on disk, and the encoder that they are for."""

    encoder: EncoderModule
    folder: Path
    classes: int

    def data(self) -> TrainingData:
        """Open the splits that a training reads."""
        train, evaluation = ([str(self.folder / f"{name}.gz")] for name in SPLITS[:2])
        return load_data(train, evaluation, self.classes)

    def held_out(self) -> tf.data.Dataset:
        """Open the rows that no training reads."""
        return read_rows([str(self.folder / "test.gz")])

    def write_for_torch(self) -> Path:
        """Write the rows and the encoder's weights for `baselines.torch_training`.

        Returns:
            The folder.
        """
        folder = self.folder / "torch"
        loaded = tf.saved_model.load(str(self.encoder.path))
        variables = {each.name.split(":")[0]: each.numpy() for each in loaded.variables}
        variables.pop("do_lower_case", None)
        write_checkpoint(variables, folder, HEADS)
        for name in SPLITS:
            rows = list(read_rows([str(self.folder / f"{name}.gz")]).as_numpy_iterator())
            ids = [features["input_word_ids"] for features, _ in rows]
            np.savez(
                folder / f"{name}.npz",
                word_ids=np.concatenate(ids),
                lengths=[len(each) for each in ids],
                labels=[label for _, label in rows],
                classes=self.classes,
            )
        return folder


def add_corpus_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that name the data and the encoder."""
    parser.add_argument("--data", type=Path, default=ROOT / "data" / "product_reviews.csv")
    parser.add_argument("--text-column", default="review_body")
    parser.add_argument("--label-column", default="rating")
    parser.add_argument("--encoder", default="minilm", help="as `encoder.source`")


def prepare(arguments: argparse.Namespace, folder: Path, rows: Sequence[int]) -> TrainingCorpus:
    """Draw rows, tokenize them and write the three splits.

    Args:
        arguments: Data, columns and encoder.
        folder: A new folder.
        rows: Of the splits train, eval and test; the last gets what there is, at most so many.

    Returns:
        The corpus.
    """
    folder.mkdir(parents=True)
    encoder = resolve(EncoderParams(source=arguments.encoder), cache_dir())
    found = _read(arguments)
    classes = sorted({label for _, label in found})
    tokenizer = BertTokenizer(read_vocab(encoder.vocab_path), encoder.do_lower_case, MAX_LENGTH)
    for name, count in zip(SPLITS, rows, strict=True):
        part, found = found[:count], found[count:]
        _write(folder / f"{name}.gz", part, tokenizer, classes)
    return TrainingCorpus(encoder, folder, len(classes))


def _read(arguments: argparse.Namespace) -> list[Row]:
    """Read all rows in an order that is the same in every run."""
    with arguments.data.open(encoding="utf-8", newline="") as file:
        found = [
            (row[arguments.text_column], row[arguments.label_column])
            for row in csv.DictReader(file)
            if row[arguments.text_column] and row[arguments.label_column]
        ]
    random.Random(SEED).shuffle(found)  # noqa: S311 - a sample, no secret
    return found


def _write(path: Path, rows: list[Row], tokenizer: BertTokenizer, classes: list[str]) -> None:
    word_ids = tokenizer.tokenize(tf.constant([text for text, _ in rows])).word_ids.to_list()
    with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
        for ids, (_, label) in zip(word_ids, rows, strict=True):
            writer.write(_example(ids, classes.index(label)).SerializeToString())


def _example(word_ids: list[int], label: int) -> Any:
    example = tf.train.Example()
    features = example.features.feature
    features["input_word_ids"].int64_list.value.extend(word_ids)
    features["label"].int64_list.value.append(label)
    return example
