"""Compare the accuracy of trainings in float32, in `train.precision: auto`, and in PyTorch's bf16.

Each trains on the same rows with several seeds; the accuracy is that of the best epoch's weights on
rows that no training has read. A file given by `--json` is gone on with: what is in it is not
trained again, so `--only` and `--seeds` may be used to do the work in pieces.

Usage: python -m benchmarks.training_accuracy --data reviews.csv --label-column sentiment \
           --json output/bench/training_accuracy.json [--only auto] [--seeds 1 2 3]
"""

import argparse
import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

from models.keras_compat import keras  # isort: skip - before TensorFlow
import tensorflow as tf

from benchmarks.baselines.torch_client import DEFAULT_PYTHON, TorchTraining
from benchmarks.figures import machine, table, write_json
from benchmarks.training_corpus import SPLITS, TrainingCorpus, add_corpus_arguments, prepare
from models.params import EncoderParams, TrainParams
from models.training.batching import batches_by_length
from models.training.fitting import FitRequest, fit
from models.training.precision import choose_precision

TORCH = "PyTorch bfloat16"
VARIANTS = ("float32", "auto", TORCH)
Found = dict[str, dict[str, float]]


def main() -> int:
    """Print a table and write the figures."""
    arguments = _parser().parse_args()
    path: Path | None = arguments.json
    done = json.loads(path.read_text()) if path and path.is_file() else {}
    found: Found = {name: done.get("accuracy", {}).get(name, {}) for name in VARIANTS}
    with tempfile.TemporaryDirectory() as folder:
        rows = [8, 8, 8] if arguments.short else arguments.rows
        corpus = prepare(arguments, Path(folder, "corpus"), rows)
        for seed in arguments.seeds:
            for variant in arguments.only:
                if str(seed) in found[variant]:
                    continue
                accuracy = _train(corpus, arguments, variant, seed)
                if accuracy is not None:
                    found[variant][str(seed)] = round(accuracy, 4)
                write_json(path, _report(found, rows, arguments))
    print(_table(found))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_corpus_arguments(parser)
    parser.add_argument(
        "--rows", type=int, nargs=3, default=[1600, 200, 3500], metavar=SPLITS, help="at most"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--only", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--baseline-python", type=Path, default=DEFAULT_PYTHON)
    parser.add_argument("--json", type=Path, help="a file to write, or to go on with")
    parser.add_argument("--short", action="store_true", help="see only that it runs")
    return parser


def _train(
    corpus: TrainingCorpus, arguments: argparse.Namespace, variant: str, seed: int
) -> float | None:
    values = {"epochs": arguments.epochs, "batch_size": arguments.batch_size, "seed": seed}
    if variant != TORCH:
        params = TrainParams.model_validate({**values, "precision": variant})
        return train_with_us(corpus, params, variant)
    if not arguments.baseline_python.is_file():
        print(f"left out: {TORCH} (no .venv-bench; `make setup-bench` builds it)")
        return None
    with TorchTraining(arguments.baseline_python, corpus.write_for_torch()) as torch:
        return torch.accuracy(TrainParams.model_validate(values))


def train_with_us(corpus: TrainingCorpus, params: TrainParams, name: str) -> float:
    """Train as the Trainer does.

    Args:
        corpus: The rows.
        params: Hyperparameters.
        name: Of a folder for the checkpoints.

    Returns:
        Accuracy on the held-out rows, in float32.
    """
    checkpoints = str(corpus.folder / f"{name}-{params.seed}")
    request = FitRequest(str(corpus.encoder.path), EncoderParams(), params, checkpoints)
    model, state = fit(request, corpus.data(), corpus.classes)
    right = keras.metrics.SparseCategoricalAccuracy()
    predict = tf.function(model)
    for features, labels, _ in batches_by_length(corpus.held_out(), 64):
        right.update_state(labels, predict(features))
    state.delete()
    return float(right.result())


def _report(found: Found, rows: list[int], arguments: argparse.Namespace) -> dict[str, Any]:
    return {
        "machine": machine(),
        "precision": choose_precision("auto"),
        "rows": dict(zip(SPLITS, rows, strict=True)),
        "epochs": arguments.epochs,
        "accuracy": found,
        "means": _means(found),
    }


def _means(found: Found) -> dict[str, float]:
    """Average over the seeds that all variants were trained with."""
    trained = [values for values in found.values() if values]
    shared = set.intersection(*(set(values) for values in trained)) if trained else set()
    return {
        name: round(statistics.mean(values[seed] for seed in shared), 4)
        for name, values in found.items()
        if shared and values
    }


def _table(found: Found) -> str:
    seeds = sorted({seed for values in found.values() for seed in values}, key=int)
    means = _means(found)
    rows = [
        [name, *(values.get(seed, "-") for seed in seeds), means.get(name, "-")]
        for name, values in found.items()
        if values
    ]
    return table(["training", *(f"seed {seed}" for seed in seeds), "mean"], rows)


if __name__ == "__main__":
    raise SystemExit(main())
