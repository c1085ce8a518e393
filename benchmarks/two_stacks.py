"""Compare this environment with the other stack: imports, a first run, a cached run, predictions.

Both take turns on one machine. Processor seconds say more than seconds where the machine is busy.

Usage: python -m benchmarks.two_stacks --other "python3 tools/debian_root.py"
"""

import argparse
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.figures import machine, spread, summary, table, write_json
from benchmarks.processes import used_by

PYTHON = ".venv/bin/python"
BERT_AAS = f"{PYTHON} -c 'from pipeline.cli import entry_point; entry_point()'"
OUTPUT = "output/two_stacks"
CONFIG = "configs/demo.yaml"
TEXTS = ("The jacket fits perfectly.", "The zip broke within a week.", "It does the job.")

Call = tuple[float, float]
"""Seconds, and seconds of the processor."""


def main() -> int:
    """Print what each command takes in both stacks, and the other one's share of ours."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--other", required=True, help="runs a command in this checkout with the other stack"
    )
    parser.add_argument("--config", default=CONFIG)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    arguments = parser.parse_args()
    prefixes = {"ours": [], "other": shlex.split(arguments.other)}
    found = measure(commands(arguments.config), prefixes, arguments.rounds, call)
    print(table(["", "", "seconds", "processor seconds"], list(rows(found))))
    figures = {
        name: {side: figures_of(calls) for side, calls in sides.items()}
        for name, sides in found.items()
    }
    write_json(arguments.json, {"machine": machine(), "commands": figures})
    return 0


def commands(config: str) -> dict[str, str]:
    """Name what is measured, in the order in which it has to be run."""
    run = f"{BERT_AAS} run --config {shlex.quote(config)} --output-dir {OUTPUT}"
    predict = f"{BERT_AAS} predict --model-dir {OUTPUT}/serving_model"
    return {
        "nothing": "true",  # what the prefix of the other stack takes
        "import tfx.components": f"{PYTHON} -W ignore -c 'import tfx.components'",
        "import kfp": f"{PYTHON} -W ignore -c 'import kfp'",
        "bert-aas --help": f"{BERT_AAS} --help",
        "a first run": f"rm -rf {OUTPUT} && {run}",
        "a cached run": run,
        "three predictions": f"{predict} {shlex.join(TEXTS)}",
    }


def measure(
    measured: dict[str, str],
    prefixes: dict[str, list[str]],
    rounds: int,
    run: Callable[[list[str]], Call],
) -> dict[str, dict[str, list[Call]]]:
    """Run every command with both stacks, one round after the other.

    Args:
        measured: Commands of a shell, by name.
        prefixes: What starts a command with a stack, by the stack's name here.
        rounds: How often.
        run: Runs one command and says what it took.

    Returns:
        Command, to stack, to its calls.
    """
    found: dict[str, dict[str, list[Call]]] = {
        name: {side: [] for side in prefixes} for name in measured
    }
    for _ in range(rounds):
        for side, prefix in prefixes.items():
            for name, command in measured.items():
                found[name][side].append(run([*prefix, "sh", "-c", command]))
    return found


def call(command: list[str]) -> Call:
    """Run a command in the checkout.

    Args:
        command: It and its arguments.

    Returns:
        What it took, its children included.

    Raises:
        SystemExit: If it fails.
    """
    used = used_by(command, folder=Path(__file__).resolve().parents[1])
    return used.seconds, used.processor_s


def figures_of(calls: list[Call]) -> dict[str, dict[str, float]]:
    """Condense the calls of one command."""
    return {
        "seconds": summary([seconds for seconds, _ in calls]),
        "processor_seconds": summary([seconds for _, seconds in calls]),
    }


def rows(found: dict[str, dict[str, list[Call]]]) -> Any:
    """Lay out the table; the last row of a command is the other stack's share.

    Args:
        found: What `measure` returned.

    Yields:
        Cells.
    """
    for name, sides in found.items():
        condensed = {side: figures_of(calls) for side, calls in sides.items()}
        for side, figures in condensed.items():
            yield [name, side, *(spread(each) for each in figures.values())]
        ours, other = condensed.values()
        shares = (other[kind]["median"] / max(ours[kind]["median"], 0.01) for kind in ours)
        yield ["", "other / ours", *(f"{share:.2f}" for share in shares)]


if __name__ == "__main__":
    sys.exit(main())
