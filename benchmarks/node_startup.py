"""Measure what a node costs an orchestrator before it works: processes whose nodes are cached.

Each node of an unchanged pipeline runs in a process of its own, in turn with the same process that
first imports what TFX's launcher imports by itself.

Usage: python -m benchmarks.node_startup --ir output/demo/pipeline.json
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from benchmarks.figures import machine, spread, summary, table, write_json
from benchmarks.processes import used_by

OURS = "from pipeline.cli import entry_point; entry_point()"
PLAIN = "import tfx.orchestration.portable.launcher; import pipeline.nodes.node; " + OURS

Figures = dict[str, Any]


def main() -> int:
    """Print seconds and peak memory per node, and the ratio of their sums."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ir", type=Path, required=True, help="pipeline.json of a finished run")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--nodes", nargs="+", help="only these, in the graph's order from its start"
    )
    parser.add_argument("--json", type=Path, help="also write the figures here")
    arguments = parser.parse_args()
    nodes = json.loads(arguments.ir.read_text(encoding="utf-8"))["ir"]["nodes"]
    ids = arguments.nodes or [node["pipelineNode"]["nodeInfo"]["id"] for node in nodes]
    found = {node_id: measure(arguments.ir, node_id, arguments.rounds) for node_id in ids}
    rows = [
        [node_id, *(cell for way in ways.values() for cell in (spread(way["s"]), way["mib"]))]
        for node_id, ways in found.items()
    ]
    print(table(["node", "ours, s", "MiB", "plain imports, s", "MiB"], rows))
    ours, plain = (
        sum(ways[name]["s"]["median"] for ways in found.values()) for name in ("ours", "plain")
    )
    ratio = round(plain / ours, 2)
    print(f"all: {ours:.1f} s; with plain imports {plain:.1f} s, {ratio} times as long")
    write_json(arguments.json, {"machine": machine(), "nodes": found, "ratio": ratio})
    return 0


def measure(ir: Path, node_id: str, rounds: int) -> Figures:
    """Run a cached node both ways in turn.

    Args:
        ir: The compiled pipeline.
        node_id: Id of the node.
        rounds: How often.

    Returns:
        Of `ours` and `plain`: `s`, the spread of seconds, and `mib`, the highest peak of memory.
    """
    found: dict[str, list[tuple[float, float]]] = {"ours": [], "plain": []}
    for number in range(rounds):
        for name, program in (("ours", OURS), ("plain", PLAIN)):
            run_id = f"startup-{name}-{os.getpid()}-{number}"
            found[name].append(run(program, ir, node_id, run_id))
    return {
        name: {
            "s": summary([call[0] for call in calls], 1),
            "mib": round(max(call[1] for call in calls)),
        }
        for name, calls in found.items()
    }


def run(program: str, ir: Path, node_id: str, run_id: str) -> tuple[float, float]:
    """Run one node.

    Args:
        program: Python code that starts the command line.
        ir: The compiled pipeline.
        node_id: Id of the node.
        run_id: Id of the run.

    Returns:
        Seconds, and peak memory in MiB.

    Raises:
        SystemExit: If the node fails.
    """
    command = [sys.executable, "-c", program, "node", "--ir", str(ir), "--node", node_id]
    used = used_by([*command, "--run-id", run_id], node_id)
    return used.seconds, used.peak_mib


if __name__ == "__main__":
    sys.exit(main())
