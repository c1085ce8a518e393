"""Measure Transform on generated reviews: from a file, and from a feature group with their tokens.

Both runs are in one process, bound to one core, each size in a process of its own. What counts is
the processor's microseconds for each further row, so that the start of the node is left out.

Usage: python -m benchmarks.kept_tokens --rows 20000 200000
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.data_nodes import ROOT, generate
from benchmarks.figures import machine, table, write_json

NODES = ("ExampleGen", "StatisticsGen", "SchemaGen", "Transform", "FeatureWriter")
SHORT = (200, 400)
MICRO = 1e6
GROUP = "reviews"

Figures = dict[str, Any]


def main() -> int:
    """Print the table of further rows."""
    arguments = parse_arguments()
    if arguments.child:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        print(json.dumps(measure(arguments.child)))
        return 0
    small, large = map(in_own_process, SHORT if arguments.short else arguments.rows)
    added = large["rows"] - small["rows"]
    further = {
        name: round((large["seconds"][name] - small["seconds"][name]) / added * MICRO, 1)
        for name in large["seconds"]
    }
    head = ["further rows", *(f"Transform {name}, us" for name in further)]
    print(table(head, [[f"{added:,}", *further.values()]]))
    write_json(
        arguments.json, {"machine": machine(), "sizes": [small, large], "us_per_row": further}
    )
    return 0


def parse_arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs=2, default=[20_000, 200_000])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--short", action="store_true", help="see only that it runs")
    parser.add_argument("--child", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args(given)


def in_own_process(rows: int) -> Figures:
    """Measure one size.

    Args:
        rows: Number of rows.

    Returns:
        What the process printed last.
    """
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.kept_tokens"]
    done = subprocess.run(
        [*command, "--child", str(rows)], check=False, capture_output=True, text=True, cwd=ROOT
    )
    if done.returncode:
        sys.exit(done.stderr)
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def measure(rows: int) -> Figures:
    """Run the nodes of data on a file, keep the tokens, and run them again on the feature group.

    Args:
        rows: Number of rows.

    Returns:
        Transform's seconds of the processor, both ways.
    """
    with tempfile.TemporaryDirectory() as folder:
        generate(rows, Path(folder, "reviews"))
        kept = [f"features.group={GROUP}", f"features.store={folder}/groups"]
        seconds = {"of a file": run(f"{folder}/first", [f"data.path={folder}/reviews", *kept])}
        again = [
            f"data.path=features://{GROUP}?store={folder}/groups",
            *("data.text_column=text", "data.label_column=label", "data.key_column=row_key"),
            *("evaluate.slices=[]", "features.enabled=false"),
        ]
        seconds["of a feature group"] = run(f"{folder}/second", again)
    return {"rows": rows, "seconds": seconds}


def run(output: str, settings: list[str]) -> float:
    """Run the nodes, without preparation.

    Args:
        output: The output folder.
        settings: Of the configuration.

    Returns:
        Transform's seconds of the processor.
    """
    from models.encoders.resolving import resolve
    from models.environment import cache_dir
    from pipeline.config.pipeline_config import load_config
    from pipeline.graph.compiling import compile_config
    from pipeline.graph.run_settings import connected
    from pipeline.nodes.node import run_node

    always = ["prepare.enabled=false", "bias.enabled=false", f"output_dir={output}"]
    config = load_config(ROOT / "configs" / "demo.yaml", [*always, *settings])
    compiled = compile_config(config, resolve(config.encoder, cache_dir()))
    ir = connected(compiled.ir, compiled.config)
    seconds = {}
    for node_id in NODES if config.features.enabled else NODES[:-1]:
        started = time.process_time()
        run_node(ir, node_id, "benchmark")
        seconds[node_id] = time.process_time() - started
    return seconds["Transform"]


if __name__ == "__main__":
    sys.exit(main())
