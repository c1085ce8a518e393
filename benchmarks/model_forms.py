"""Compare the forms that a converted model can take: the Optimizer's, and one that it leaves out.

Each is measured on one core, in turns, in the processor's time; `SavedModel` is TensorFlow. `int8`
is what NNCF makes of the weights alone, with activations rounded as the model runs, in groups of 32
to 384; `int8 static` is NNCF's post-training quantization, its ranges from 300 training rows.

Usage: python -m benchmarks.model_forms [--run-dir output/demo]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.baselines.export_weights import latest_version
from benchmarks.figures import machine, spread, summary, table, write_json

if TYPE_CHECKING:
    from components.optimizer.comparing.measuring import Predictor

ROOT = Path(__file__).resolve().parents[1]
SHAPES = ((1, 10), (1, 24), (1, 128), (32, 10), (32, 33), (16, 128))
SHORT_SHAPES = ((1, 4), (2, 4))
GROUP_SIZES = (32, 128, 384)
CALIBRATION_ROWS = 300
REFERENCE = "SavedModel"
MS = 1000
CALLS = 3


def main() -> int:
    """Print two tables, and write JSON."""
    arguments = parse_arguments()
    found: dict[str, Any] = {"machine": machine()}
    with tempfile.TemporaryDirectory() as folder:
        forms = build_forms(arguments, Path(folder))
        found["agreement"] = compare(forms, arguments)
        found["ms"] = take_turns(forms, arguments)
    print_tables(found)
    write_json(arguments.json, found)
    return 0


def parse_arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run-dir", type=Path, default=ROOT / "output" / "demo")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--rows", type=int, default=1000, help="of the eval split")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--short", action="store_true", help="see whether it runs")
    arguments = parser.parse_args(given)
    arguments.shapes = SHORT_SHAPES if arguments.short else SHAPES
    if arguments.short:
        arguments.rounds = 1
    return arguments


def build_forms(arguments: argparse.Namespace, work: Path) -> dict[str, Predictor]:
    """Convert the model that the Trainer of a run left.

    Args:
        arguments: The command line.
        work: Folder for the converted files.

    Returns:
        A function from tokens to probabilities for each form.
    """
    from components.optimizer.comparing.predictors import OpenVinoPredictor, SavedModelPredictor
    from components.optimizer.forms.conversion import convert_tokens, save
    from components.optimizer.forms.quantization import quantize_weights

    artifacts = arguments.run_dir / "artifacts"
    model = latest_version(artifacts / "Trainer" / "model") / "Format-Serving"
    files = {name: work / f"{name}.xml" for name in ("float", "int8", "static")}
    save(convert_tokens(model), files["float"], compress=True)
    save(quantize_weights(convert_tokens(model)), files["int8"], compress=True)
    save(quantize_all(convert_tokens(model), artifacts), files["static"], compress=True)
    forms: dict[str, Predictor] = {REFERENCE: SavedModelPredictor(model)}
    for precision in ("f32", "bf16"):
        forms[precision] = OpenVinoPredictor(files["float"], precision)
        for size in GROUP_SIZES:
            name = f"int8-{precision}, groups of {size}"
            forms[name] = OpenVinoPredictor(files["int8"], precision, size)
    forms["int8 static"] = OpenVinoPredictor(files["static"], "f32")
    return forms


def quantize_all(converted: Any, artifacts: Path) -> Any:
    """Quantize weights and activations with ranges from training rows."""
    import nncf

    rows = single_rows(artifacts, "train", CALIBRATION_ROWS)
    with contextlib.redirect_stdout(io.StringIO()):  # progress bars
        return nncf.quantize(
            converted,
            nncf.Dataset(rows),
            subset_size=CALIBRATION_ROWS,
            model_type=nncf.ModelType.TRANSFORMER,
        )


def single_rows(artifacts: Path, split: str, limit: int) -> list[dict[str, Any]]:
    """Read rows of a split, one by one, without padding."""
    sample = read_split(artifacts, split, limit)
    return [
        {name: array[place : place + 1, :length] for name, array in batch.items()}
        for batch in sample.batches
        for place, length in enumerate(batch["input_mask"].sum(axis=1))
    ]


def read_split(artifacts: Path, split: str, limit: int) -> Any:
    """Read what Transform wrote."""
    from components.optimizer.comparing.measuring import read_sample

    examples = latest_version(artifacts / "Transform" / "transformed_examples") / f"Split-{split}"
    return read_sample(f"{examples}/*", limit)


def compare(
    forms: dict[str, Predictor], arguments: argparse.Namespace
) -> dict[str, dict[str, float]]:
    """Classify the eval split with each form.

    Args:
        forms: The forms.
        arguments: The command line.

    Returns:
        By form: `accuracy`, `agreement` with the SavedModel's labels, the largest `difference`.
    """
    rows = read_split(arguments.run_dir / "artifacts", "eval", arguments.rows)
    answers = {
        name: np.concatenate([predict(batch) for batch in rows.batches])
        for name, predict in forms.items()
    }
    right = answers[REFERENCE]
    return {
        name: {
            "accuracy": round(float((given.argmax(1) == rows.labels).mean()), 4),
            "agreement": round(float((given.argmax(1) == right.argmax(1)).mean()), 4),
            "difference": round(float(np.abs(given - right).max()), 4),
        }
        for name, given in answers.items()
    }


def take_turns(forms: dict[str, Predictor], arguments: argparse.Namespace) -> dict[str, Any]:
    """Time every form at every shape.

    Args:
        forms: The forms.
        arguments: The command line.

    Returns:
        By shape and form, milliseconds of the processor for a batch.
    """
    from components.optimizer.comparing.measuring import cpu_seconds

    found: dict[str, Any] = {}
    for count, length in arguments.shapes:
        tokens = {
            "input_word_ids": np.full((count, length), 5, np.int32),
            "input_mask": np.ones((count, length), np.int32),
            "input_type_ids": np.zeros((count, length), np.int32),
        }
        values: dict[str, list[float]] = {name: [] for name in forms}
        for predict in forms.values():
            predict(tokens)  # the first run of a shape prepares others
        for _ in range(arguments.rounds):
            for name, predict in forms.items():
                values[name].append(MS * min(cpu_seconds(predict, tokens) for _ in range(CALLS)))
        found[f"{count}x{length}"] = {name: summary(times) for name, times in values.items()}
    return found


def print_tables(found: dict[str, Any]) -> None:
    """Print answers and times, for people."""
    head = ("form", "accuracy", "same label", "largest difference")
    print(table(head, [(name, *figures.values()) for name, figures in found["agreement"].items()]))
    print("\nms (times the SavedModel's speed)\n")
    rows = []
    for name in found["agreement"]:
        cells = []
        for figures in found["ms"].values():
            ratio = figures[REFERENCE]["median"] / max(figures[name]["median"], 0.01)
            cells.append(f"{spread(figures[name])} x{ratio:.2f}")
        rows.append((name, *cells))
    print(table(("form", *found["ms"]), rows))


if __name__ == "__main__":
    raise SystemExit(main())
