"""Measure a run that takes every node from the cache, and the predictions that end `make demo`.

In turn with the same run that imports all of TFX and compiles the graph, as a first run does.

Usage: python -m benchmarks.cached_run --config configs/demo.yaml --output-dir output/demo
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.figures import machine, spread, summary, table, write_json
from benchmarks.processes import used_by

OURS = "from pipeline.cli import entry_point; entry_point()"
PLAIN = (
    "import tfx.components, tensorflow_model_analysis; "
    "import tfx.orchestration.portable.launcher, pipeline.graph.compiling; " + OURS
)
TEXTS = ("The jacket fits perfectly.", "The zip broke within a week.", "It does the job.")
COMPILED = "pipeline.json"

Call = tuple[float, float]
"""Seconds, and peak memory in MiB."""


def main() -> int:
    """Print seconds and peak memory of both ways and of the predictions, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--output-dir", type=Path, required=True, help="of a finished run")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    arguments = parser.parse_args()
    found = measure(arguments.config, arguments.output_dir, arguments.rounds)
    seconds = {name: summary([call[0] for call in calls]) for name, calls in found.items()}
    memory = {name: round(max(call[1] for call in calls)) for name, calls in found.items()}
    rows = [[name, spread(seconds[name]), memory[name]] for name in found]
    print(table(["", "seconds", "peak MiB"], rows))
    ratio = round(seconds["plain imports"]["median"] / seconds["ours"]["median"], 2)
    print(f"plain imports take {ratio} times as long")
    figures: dict[str, Any] = {"seconds": seconds, "peak_mib": memory, "ratio": ratio}
    write_json(arguments.json, {"machine": machine(), **figures})
    return 0


def measure(config: Path, output_dir: Path, rounds: int) -> dict[str, list[Call]]:
    """Run everything in turn.

    Args:
        config: The configuration.
        output_dir: Output folder of a finished run with it.
        rounds: How often.

    Returns:
        What was run, to its calls.
    """
    run = ["run", "--config", str(config), "--output-dir", str(output_dir)]
    predict = ["predict", "--model-dir", str(output_dir / "serving_model"), *TEXTS]
    found: dict[str, list[Call]] = {"ours": [], "plain imports": [], "three predictions": []}
    call(OURS, run)  # the first run with new code compiles
    check_cached(output_dir)
    for _ in range(rounds):
        found["ours"].append(call(OURS, run))
        check_cached(output_dir)
        (output_dir / COMPILED).unlink()
        found["plain imports"].append(call(PLAIN, run))
        check_cached(output_dir)
        found["three predictions"].append(call(OURS, predict))
    return found


def call(program: str, arguments: list[str]) -> Call:
    """Call the command line in a process of its own.

    Args:
        program: Python code that starts it.
        arguments: Its arguments.

    Returns:
        Seconds, and peak memory in MiB.

    Raises:
        SystemExit: If it fails.
    """
    used = used_by([sys.executable, "-c", program, *arguments], f"bert-aas {arguments[0]}")
    return used.seconds, used.peak_mib


def check_cached(output_dir: Path) -> None:
    """Refuse to time a run that did work.

    Args:
        output_dir: Its output folder.

    Raises:
        SystemExit: If a node of it was executed.
    """
    nodes = json.loads((output_dir / "run.json").read_text(encoding="utf-8"))["nodes"]
    executed = [node["id"] for node in nodes if node["state"] != "cached"]
    if executed:
        raise SystemExit(f"not from the cache: {', '.join(executed)}; run it once more")


if __name__ == "__main__":
    sys.exit(main())
