"""Compare engines on one model without any server: milliseconds for one batch of token ids.

TensorFlow (the SavedModel as it is), PyTorch, ONNX Runtime and OpenVINO compute with the same
weights and threads, each in a process of its own; they take turns. First, answers are compared.

Usage: python -m benchmarks.engines --model-dir output/demo/serving_model
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from benchmarks.baselines.export_weights import export_weights, latest_version
from benchmarks.chosen_models import ROOT, add_options, base_model, small_model
from benchmarks.figures import machine, spread, summary, table, write_json

SAVED_MODEL = "TensorFlow SavedModel"
BASELINES = (
    "PyTorch fp32",
    "PyTorch bf16",
    "ONNX Runtime fp32",
    "ONNX Runtime int8",
    "OpenVINO fp32",
    "OpenVINO bf16",
)
WORKER = "benchmarks.baselines.engine_worker"
SHAPES = ("1x128", "1x24", "32x128", "32x24")
TOLERANCE = 1e-4
MS = 1000


class Engine:
    """A process that times what it is asked to."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        """Take over a process that has been started."""
        self._process = process

    def ask(self, batch: int, length: int, calls: int) -> Any:
        """Let it compute.

        Args:
            batch: Rows.
            length: Tokens per row.
            calls: How often.

        Returns:
            `seconds` per call, and the `probabilities`.
        """
        print(
            json.dumps({"batch": batch, "length": length, "calls": calls}),
            file=self._process.stdin,
            flush=True,
        )
        return self.read()

    def read(self) -> Any:
        """Read one line of its answers.

        Returns:
            The answer.

        Raises:
            SystemExit: If the process has ended.
        """
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise SystemExit(f"{self._process.args!r} ended; its messages are above.")
        return json.loads(line)


def main() -> int:
    """Print one table, and write JSON."""
    arguments = parse_arguments()
    found: dict[str, Any] = {"machine": machine(), "threads": arguments.threads}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        version = find_model(arguments, Path(folder))
        engines = start_engines(arguments, version, Path(folder) / "weights", stack)
        found["differences"] = compare_answers(engines)
        shapes = [tuple(map(int, shape.split("x"))) for shape in arguments.shapes]
        found["ms"] = measure(engines, shapes, arguments)
    print_table(found)
    write_json(arguments.json, found)
    return 0


def parse_arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser, rounds=7)
    parser.add_argument("--shapes", nargs="+", default=SHAPES, metavar="ROWSxTOKENS")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--calls", type=int, default=5, help="per round; the median counts")
    arguments = parser.parse_args(given)
    if arguments.short:
        arguments.rounds, arguments.calls, arguments.shapes = 1, 1, ("1x8", "2x8")
    return arguments


def find_model(arguments: argparse.Namespace, work: Path) -> Path:
    """Return the version folder to measure; random models are made."""
    chosen = small_model(arguments, work)
    return latest_version(base_model(chosen, arguments, work) if arguments.bert_base else chosen)


def start_engines(
    arguments: argparse.Namespace, version: Path, weights: Path, stack: ExitStack
) -> dict[str, Engine]:
    """Start every engine that is installed.

    Args:
        arguments: The command line.
        version: The SavedModel.
        weights: Folder to write it to for the others.
        stack: Stops the processes.

    Returns:
        Engines by name.
    """
    threads = str(arguments.threads)
    command = [sys.executable, "-m", "benchmarks.tensorflow_engine", str(version), threads]
    engines = {SAVED_MODEL: stack.enter_context(_running(command))}
    python = arguments.baseline_python
    if not python.exists():
        print("left out: PyTorch, ONNX Runtime, OpenVINO (no .venv-bench; make setup-bench)")
        return engines
    export_weights(version, weights, arguments.heads)
    worker = [str(python), "-W", "ignore", "-m", WORKER]
    subprocess.run(
        [*worker, "export", str(weights), threads], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
    )
    for name in BASELINES:
        engines[name] = stack.enter_context(_running([*worker, name, str(weights), threads]))
    return engines


def compare_answers(engines: dict[str, Engine]) -> dict[str, float]:
    """Compare probabilities with the SavedModel's.

    Args:
        engines: By name.

    Returns:
        The largest difference of each.

    Raises:
        SystemExit: If an engine that computes in float32 is off by more than 1e-4.
    """
    answers = {name: engine.ask(2, 8, 1)["probabilities"] for name, engine in engines.items()}
    differences = {}
    for name, answer in answers.items():
        pairs = zip(chain(*answer), chain(*answers[SAVED_MODEL]), strict=True)
        differences[name] = max(abs(one - other) for one, other in pairs)
        if name.endswith("fp32") and differences[name] > TOLERANCE:
            raise SystemExit(f"{name}: probabilities differ by {differences[name]:.1e}.")
    return differences


def measure(
    engines: dict[str, Engine], shapes: Sequence[tuple[int, ...]], arguments: argparse.Namespace
) -> dict[str, Any]:
    """Let the engines take turns at every shape.

    Args:
        engines: By name.
        shapes: Rows and tokens.
        arguments: The command line.

    Returns:
        Milliseconds by shape and engine: median, lowest and highest of the rounds' medians.
    """
    found = {}
    for rows, tokens in shapes:
        rounds: dict[str, list[float]] = {name: [] for name in engines}
        for number in range(-1, arguments.rounds):
            for name, engine in engines.items():
                seconds = engine.ask(rows, tokens, arguments.calls)["seconds"]
                if number >= 0:  # the first turn warms up
                    rounds[name].append(statistics.median(seconds) * MS)
        found[f"{rows}x{tokens}"] = {name: summary(values) for name, values in rounds.items()}
    return found


def print_table(found: dict[str, Any]) -> None:
    """Print milliseconds, and in brackets how many times faster than the SavedModel."""
    shapes = found["ms"]
    rows = []
    for name, difference in found["differences"].items():
        cells = []
        for figures in shapes.values():
            times = figures[SAVED_MODEL]["median"] / figures[name]["median"]
            cells.append(f"{spread(figures[name])}, x{times:.2f}")
        rows.append((name, *cells, f"{difference:.0e}"))
    head = ("engine, ms", *shapes, "largest difference")
    print(f"\n{found['threads']} threads\n{table(head, rows)}")


@contextmanager
def _running(command: Sequence[str]) -> Iterator[Engine]:
    """Run an engine's process until the end of the block."""
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            engine = Engine(process)
            engine.read()
            yield engine
        finally:
            process.terminate()


if __name__ == "__main__":
    raise SystemExit(main())
