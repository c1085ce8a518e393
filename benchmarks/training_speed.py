"""Compare examples per second of fine-tuning: fixed shape, length buckets, lower precision.

`fixed_128` is what teams write first: all rows padded to 128 tokens, float32, Keras's own AdamW.
`buckets` is the project's training in float32, `auto` the same with `train.precision: auto`. They
take turns over the same rows; tracing is not counted. With `--seeds`, whole trainings in float32
and `auto` follow, and the accuracy of both.

Usage: python benchmarks/training_speed.py
       python benchmarks/training_speed.py --data reviews.csv --text-column review_text \
           --label-column rating --seeds 3
"""

import argparse
import csv
import json
import os
import random
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.keras_compat import keras  # isort: skip - before TensorFlow
import tensorflow as tf

from models.batching import bucketed_batches
from models.classifier import build_classifier
from models.encoders.resolving import EncoderModule, resolve
from models.fitting import FitRequest, TrainingData, fit, load_data
from models.optimization import build_optimizer
from models.params import EncoderParams, TrainParams
from models.precision import Precision, choose_precision, training_in
from models.settings import cache_dir
from models.tokenizer import BertTokenizer, read_vocab

ROOT = Path(__file__).resolve().parents[1]
FIXED_LENGTH = 128
EVAL_SHARE = 0.2
SEED = 3
WITHOUT_EVALUATION = 1  # a split must not be empty
Figures = dict[str, Any]


@dataclass(frozen=True)
class Corpus:
    """Tokenized rows on disk, and the encoder that they are for."""

    encoder: EncoderModule
    folder: Path
    classes: int

    def data(self) -> TrainingData:
        """Open both splits."""
        return load_data(
            [str(self.folder / "train.gz")], [str(self.folder / "eval.gz")], self.classes
        )


class Variant:
    """One way of training, ready to take steps."""

    def __init__(self, corpus: Corpus, batches: tf.data.Dataset, optimizer: Any) -> None:
        """Build and compile a classifier.

        Args:
            corpus: The encoder and the number of classes.
            batches: One epoch.
            optimizer: A Keras optimizer.
        """
        self._model = build_classifier(str(corpus.encoder.path), corpus.classes, dropout=0.1)
        self._model.compile(
            optimizer=optimizer, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        )
        # In memory: tokenized rows need not be read and shuffled again for each round.
        self._batches = batches.cache()
        shapes = [features["input_mask"].shape for features, *_ in self._batches]
        self._rows = [rows for rows, _ in shapes]
        self.tokens = sum(rows * length for rows, length in shapes)
        self._model.make_train_function()

    def rate(self, precision: Precision, steps: int | None = None) -> float:
        """Train on the rows once, or on the first batches; return examples per second."""
        rows = self._rows[:steps]
        iterator = iter(self._batches)
        with training_in(precision):
            start = time.perf_counter()
            for _ in rows:
                logs = self._model.train_function(iterator)
            float(logs["loss"])
            return sum(rows) / (time.perf_counter() - start)


def main() -> int:
    """Print one line of JSON."""
    arguments = _parser().parse_args()
    rounds = 1 if arguments.short else arguments.rounds
    rows = 48 if arguments.short else arguments.rows
    with tempfile.TemporaryDirectory() as folder:
        corpus = prepare(arguments, Path(folder, "speed"), rows, evaluated=False)
        figures = {
            "precision": choose_precision("auto"),
            "cores": len(os.sched_getaffinity(0)),
            "gpus": len(tf.config.list_physical_devices("GPU")),
            "rows": rows,
            **compare_speed(corpus, arguments.batch_size, rounds),
        }
        if arguments.seeds:
            whole = prepare(arguments, Path(folder, "whole"), arguments.training_rows, True)
            figures["accuracy"] = compare_accuracy(whole, arguments)
    print(json.dumps(figures))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT / "data" / "product_reviews.csv")
    parser.add_argument("--text-column", default="review_body")
    parser.add_argument("--label-column", default="rating")
    parser.add_argument("--encoder", default="minilm", help="as `encoder.source`")
    parser.add_argument("--rows", type=int, default=512, help="of a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--seeds", type=int, default=0, help="whole trainings with so many seeds")
    parser.add_argument("--training-rows", type=int, default=None, help="of those; default: all")
    parser.add_argument("--epochs", type=int, default=3, help="of those")
    parser.add_argument("--short", action="store_true", help="see only that it runs")
    return parser


def prepare(
    arguments: argparse.Namespace, folder: Path, rows: int | None, evaluated: bool
) -> Corpus:
    """Draw rows, tokenize them and write both splits as Transform does.

    Args:
        arguments: Data, columns and encoder.
        folder: A new folder.
        rows: How many to train on, or on both splits where `evaluated`; `None` takes all.
        evaluated: Whether a fifth of the rows is for the evaluation.

    Returns:
        The corpus.
    """
    folder.mkdir()
    encoder = resolve(EncoderParams(source=arguments.encoder), cache_dir())
    with arguments.data.open(encoding="utf-8", newline="") as file:
        found = [
            (row[arguments.text_column], row[arguments.label_column])
            for row in csv.DictReader(file)
            if row[arguments.text_column] and row[arguments.label_column]
        ]
    random.Random(SEED).shuffle(found)  # noqa: S311 - a sample, no secret
    classes = sorted({label for _, label in found})
    found = found[:rows]
    held_out = round(len(found) * EVAL_SHARE) if evaluated else WITHOUT_EVALUATION
    train = found[held_out:] if evaluated else found
    tokenizer = BertTokenizer(read_vocab(encoder.vocab_path), encoder.do_lower_case, FIXED_LENGTH)
    for name, part in (("train", train), ("eval", found[:held_out])):
        _write(folder / f"{name}.gz", part, tokenizer, classes)
    return Corpus(encoder, folder, len(classes))


def _write(
    path: Path, rows: list[tuple[str, str]], tokenizer: BertTokenizer, classes: list[str]
) -> None:
    word_ids = tokenizer.tokenize(tf.constant([text for text, _ in rows])).word_ids.to_list()
    with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
        for ids, (_, label) in zip(word_ids, rows, strict=True):
            example = tf.train.Example()
            features = example.features.feature
            features["input_word_ids"].int64_list.value.extend(ids)
            features["label"].int64_list.value.append(classes.index(label))
            writer.write(example.SerializeToString())


def compare_speed(corpus: Corpus, batch_size: int, rounds: int) -> Figures:
    """Let the three ways of training take turns.

    Args:
        corpus: The rows of a round.
        batch_size: Rows per step.
        rounds: How often each trains on all rows.

    Returns:
        By variant: median, lowest and highest examples per second and the share of padding; and
        the ratios of the medians to the first one's.
    """
    data, params = corpus.data(), TrainParams(batch_size=batch_size)
    buckets = bucketed_batches(data.train, batch_size, shuffle_seed=SEED)
    precision = choose_precision("auto")
    stock = keras.optimizers.AdamW(params.learning_rate, params.weight_decay, global_clipnorm=1.0)
    variants: dict[str, tuple[Variant, Precision]] = {
        "fixed_128": (Variant(corpus, _fixed_batches(data, batch_size), stock), "float32"),
        "buckets": (Variant(corpus, buckets, build_optimizer(params, 10_000)), "float32"),
        "auto": (
            Variant(corpus, buckets, build_optimizer(params, 10_000, precision)),
            precision,
        ),
    }
    rates: dict[str, list[float]] = {name: [] for name in variants}
    for variant, kind in variants.values():
        variant.rate(kind, steps=1)
    for _ in range(rounds):
        for name, (variant, kind) in variants.items():
            rates[name].append(variant.rate(kind))
    found: Figures = {
        name: _spread(values)
        | {"padding": round(1 - data.train_summary.tokens / variants[name][0].tokens, 3)}
        for name, values in rates.items()
    }
    first = found["fixed_128"]["median"]
    found["ratios"] = {name: round(found[name]["median"] / first, 2) for name in rates}
    return found


def _fixed_batches(data: TrainingData, batch_size: int) -> tf.data.Dataset:
    def padded(features: dict[str, tf.Tensor], label: tf.Tensor) -> Any:
        mask = tf.ones_like(features["input_word_ids"])
        rows = {**features, "input_mask": mask}.items()
        fixed = {name: tf.pad(ids, [[0, FIXED_LENGTH - tf.size(ids)]]) for name, ids in rows}
        return fixed, label, 1.0

    return data.train.map(padded).batch(batch_size)


def compare_accuracy(corpus: Corpus, arguments: argparse.Namespace) -> Figures:
    """Train in float32 and in `auto` with several seeds.

    Args:
        corpus: The rows.
        arguments: Seeds, epochs and batch size.

    Returns:
        The best evaluation accuracy of each seed by precision, and the difference of the means.
    """
    found: dict[str, list[float]] = {"float32": [], "auto": []}
    data = corpus.data()
    for seed in range(1, arguments.seeds + 1):
        for precision, accuracies in found.items():
            values = {"epochs": arguments.epochs, "batch_size": arguments.batch_size, "seed": seed}
            train = TrainParams.model_validate({**values, "precision": precision})
            checkpoints = str(corpus.folder / f"{precision}-{seed}")
            request = FitRequest(str(corpus.encoder.path), EncoderParams(), train, checkpoints)
            _, state = fit(request, data, corpus.classes)
            accuracies.append(max(epoch["val_accuracy"] for epoch in state.history))
            state.delete()
    means = {name: statistics.mean(values) for name, values in found.items()}
    return {**found, "difference": round(means["auto"] - means["float32"], 4)}


def _spread(values: list[float]) -> Figures:
    middle = statistics.median(values)
    return {
        "median": round(middle, 1),
        "lowest": round(min(values), 1),
        "highest": round(max(values), 1),
    }


if __name__ == "__main__":
    raise SystemExit(main())
