"""Measure what a node costs an orchestrator before it works: processes whose nodes are cached.

Each node of an unchanged pipeline runs in a process of its own, in turn with the same process that
first imports what TFX's launcher imports by itself.

Usage: python benchmarks/node_startup.py --ir output/demo/pipeline.json
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

OURS = "from pipeline.cli import entry_point; entry_point()"
PLAIN = "import tfx.orchestration.portable.launcher; import pipeline.node; " + OURS
KIB_PER_MIB = 1024


def main() -> int:
    """Print seconds and peak memory per node, and the ratio of their sums, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ir", type=Path, required=True, help="pipeline.json of a finished run")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    nodes = json.loads(arguments.ir.read_text(encoding="utf-8"))["ir"]["nodes"]
    ids = [node["pipelineNode"]["nodeInfo"]["id"] for node in nodes]
    seconds: dict[str, dict[str, float]] = {}
    for node_id in ids:
        seconds[node_id] = measure(arguments.ir, node_id, arguments.rounds)
        print(json.dumps({"node": node_id, **seconds[node_id]}), flush=True)
    ours, plain = (sum(row[name] for row in seconds.values()) for name in ("ours_s", "plain_s"))
    totals = {"ours_s": round(ours, 1), "plain_s": round(plain, 1), "ratio": round(plain / ours, 2)}
    print(json.dumps({"node": "all", **totals}))
    return 0


def measure(ir: Path, node_id: str, rounds: int) -> dict[str, float]:
    """Run a cached node both ways in turn.

    Args:
        ir: The compiled pipeline.
        node_id: Id of the node.
        rounds: How often.

    Returns:
        Median seconds and highest peak memory of both ways.
    """
    found: dict[str, list[tuple[float, float]]] = {"ours": [], "plain": []}
    for number in range(rounds):
        for name, program in (("ours", OURS), ("plain", PLAIN)):
            run_id = f"startup-{name}-{os.getpid()}-{number}"
            found[name].append(run(program, ir, node_id, run_id))
    return {
        f"{name}_{unit}": round(choose(values[place] for values in calls), 1)
        for name, calls in found.items()
        for place, unit, choose in ((0, "s", statistics.median), (1, "mib", max))
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
    started = time.monotonic()
    process = subprocess.Popen(
        [*command, "--run-id", run_id], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{node_id} ended with exit code {process.returncode}; run it by hand")
    return time.monotonic() - started, usage.ru_maxrss / KIB_PER_MIB


if __name__ == "__main__":
    sys.exit(main())
