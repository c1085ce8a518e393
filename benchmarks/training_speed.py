"""Compare examples per second of fine-tuning: fixed shape, by length, lower precision, PyTorch.

| training | what it is |
| --- | --- |
| padded to 128, float32 | what teams write first (`padded_training`): 128 tokens in each row |
| by length, float32 | the project's training |
| by length, auto | the same with `train.precision: auto` |
| PyTorch bfloat16 | `baselines.torch_training`: dynamic padding, length grouping, fused AdamW |

They take turns over the same rows; tracing is not counted, nor are first steps. The rate of our
input pipeline alone, from compressed files to batches, stands beside them.

Usage: python -m benchmarks.training_speed [--json FILE] [--data reviews.csv --label-column rating]
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from models.keras_compat import keras  # isort: skip - before TensorFlow
import tensorflow as tf

from benchmarks.baselines.torch_client import DEFAULT_PYTHON, TorchTraining
from benchmarks.figures import machine, spread, summary, table, write_json
from benchmarks.padded_training import padded_batches, padded_classifier, padded_optimizer
from benchmarks.training_corpus import MAX_LENGTH, TrainingCorpus, add_corpus_arguments, prepare
from models.params import TrainParams
from models.training.batching import batches_by_length
from models.training.classifier import build_classifier
from models.training.fitting import TrainingData
from models.training.optimization import build_optimizer
from models.training.precision import Precision, choose_precision, training_in

FIXED, BY_LENGTH, AUTO = "padded to 128, float32", "by length, float32", "by length, auto"
TORCH, PIPELINE = "PyTorch bfloat16, by length", "input pipeline alone"
SEED = 3
ENOUGH_EPOCHS = 1000
Rate = Callable[[int | None], float]
"""Trains on the rows once, or on so many batches; gives examples per second."""


class Variant:
    """One way of training with TensorFlow, ready to take steps."""

    def __init__(
        self, model: Any, batches: tf.data.Dataset, optimizer: Any, precision: Precision
    ) -> None:
        """Compile a classifier.

        Args:
            model: From token inputs to logits.
            batches: One epoch.
            optimizer: A Keras optimizer.
            precision: Of matrix products.
        """
        self._precision = precision
        self._model = model
        self._model.compile(
            optimizer=optimizer, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        )
        # In memory: tokenized rows need not be read and shuffled again for each round.
        self._batches = batches.cache()
        shapes = [features["input_mask"].shape for features, *_ in self._batches]
        self._rows = [rows for rows, _ in shapes]
        self.tokens = sum(rows * length for rows, length in shapes)
        self._model.make_train_function()

    def rate(self, steps: int | None = None) -> float:
        """Train on the rows once, or on the first batches; return examples per second."""
        rows = self._rows[:steps]
        iterator = iter(self._batches)
        with training_in(self._precision):
            start = time.perf_counter()
            for _ in rows:
                logs = self._model.train_function(iterator)
            float(logs["loss"])
            seconds = time.perf_counter() - start
        return float(sum(rows) / seconds)


def main() -> int:
    """Print a table and write the figures."""
    arguments = _parser().parse_args()
    rows, rounds = (16, 1) if arguments.short else (arguments.rows, arguments.rounds)
    with tempfile.TemporaryDirectory() as folder:
        corpus = prepare(arguments, Path(folder, "corpus"), [rows, 1, 1])
        found = compare(corpus, arguments, rounds)
    print(_table(found))
    facts = {"machine": machine(), "precision": choose_precision("auto"), "rows": rows}
    write_json(arguments.json, facts | {"examples_per_s": found})
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_corpus_arguments(parser)
    parser.add_argument("--rows", type=int, default=512, help="of a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--baseline-python", type=Path, default=DEFAULT_PYTHON)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--short", action="store_true", help="see only that it runs")
    return parser


def compare(corpus: TrainingCorpus, arguments: argparse.Namespace, rounds: int) -> dict[str, Any]:
    """Let the ways of training take turns.

    Args:
        corpus: The rows of a round.
        arguments: Batch size, and the Python of the baselines.
        rounds: How often each trains on all rows.

    Returns:
        By way of training: median, lowest and highest examples per second, the ratio to the first
        one, and for ours the share of padding.
    """
    data = corpus.data()
    params = TrainParams(batch_size=arguments.batch_size, epochs=ENOUGH_EPOCHS)
    variants = _variants(corpus, data, params)
    with ExitStack() as stack:
        ways: dict[str, Rate] = {name: variant.rate for name, variant in variants.items()}
        if arguments.baseline_python.is_file():
            folder = corpus.write_for_torch()
            torch = stack.enter_context(TorchTraining(arguments.baseline_python, folder))
            ways[TORCH] = lambda steps: torch.rate(params, steps)
        else:
            print(f"left out: {TORCH} (no .venv-bench; `make setup-bench` builds it)")
        ways[PIPELINE] = lambda steps: _pipeline_rate(data, params.batch_size)
        rates = _take_turns(ways, rounds)
    found: dict[str, Any] = {name: summary(values, 1) for name, values in rates.items()}
    for name, figures in found.items():
        figures["ratio"] = round(figures["median"] / found[FIXED]["median"], 2)
        if name in variants:
            padding = 1 - data.train_summary.tokens / variants[name].tokens
            figures["padding"] = round(padding, 3)
    return found


def _variants(
    corpus: TrainingCorpus, data: TrainingData, params: TrainParams
) -> dict[str, Variant]:
    def ours(precision: Precision) -> Variant:
        model = build_classifier(str(corpus.encoder.path), corpus.classes, params.dropout)
        batches = batches_by_length(data.train, params.batch_size, shuffle_seed=SEED)
        steps = ENOUGH_EPOCHS * data.train_summary.num_batches(params.batch_size)
        return Variant(model, batches, build_optimizer(params, steps, precision), precision)

    plain = corpus.folder / "plain"
    model = padded_classifier(corpus.encoder, corpus.classes, params.dropout, plain)
    batches = padded_batches(data.train, params.batch_size, MAX_LENGTH)
    return {
        FIXED: Variant(model, batches, padded_optimizer(params), "float32"),
        BY_LENGTH: ours("float32"),
        AUTO: ours(choose_precision("auto")),
    }


def _pipeline_rate(data: TrainingData, batch_size: int) -> float:
    start = time.perf_counter()
    for _ in batches_by_length(data.train, batch_size, shuffle_seed=SEED):
        pass
    return data.train_summary.rows / (time.perf_counter() - start)


def _take_turns(ways: dict[str, Rate], rounds: int) -> dict[str, list[float]]:
    """Warm each way up, then let all of them train in turns."""
    for rate in ways.values():
        rate(1)
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, rate in ways.items():
            rates[name].append(rate(None))
    return rates


def _table(found: dict[str, Any]) -> str:
    rows = [
        [name, spread(figures), f"{figures['ratio']:g}", _share(figures.get("padding"))]
        for name, figures in found.items()
    ]
    return table(["training", "examples/s", "x padded to 128", "padding"], rows)


def _share(padding: float | None) -> str:
    return "" if padding is None else f"{padding:.1%}"


if __name__ == "__main__":
    raise SystemExit(main())
