"""Measure ExampleGen to Transform on generated reviews: seconds per node, and peak memory.

Usage: python benchmarks/data_nodes.py --rows 10000 100000
Each size runs in a process of its own, so that its peak memory is its own.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA_NODES = ("ExampleGen", "StatisticsGen", "SchemaGen", "ExampleValidator", "Transform")
SEED = 11


def main() -> int:
    """Run one process per size and print one line of JSON for each, then the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.measure)))
        return 0
    figures = [in_own_process(rows) for rows in arguments.rows]
    for figure in figures:
        print(json.dumps(figure))
    first, last = figures[0], figures[-1]
    growth = {
        "rows": last["rows"] / first["rows"],
        "seconds": round(last["seconds"] / first["seconds"], 2),
        "peak_memory": round(last["peak_memory_mib"] / first["peak_memory_mib"], 2),
    }
    print(json.dumps({"ratio_last_to_first": growth}))
    return 0


def in_own_process(rows: int) -> dict[str, float]:
    """Measure one size in a new process.

    Args:
        rows: Number of rows.

    Returns:
        What the process printed.
    """
    command = [sys.executable, __file__, "--measure", str(rows)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def measure(rows: int) -> dict[str, object]:
    """Run the data nodes in this process.

    Args:
        rows: Number of rows.

    Returns:
        Seconds in all and by node, peak resident memory of this process in MiB, and what of it
        was there before the first row was read.
    """
    sys.path.insert(0, str(ROOT))
    from models.encoders.resolving import resolve
    from pipeline.config import load_config
    from pipeline.graph import create_pipeline
    from pipeline.node import compile_pipeline, run_node
    from pipeline.settings import cache_dir

    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "reviews.csv"
        generator = [sys.executable, str(ROOT / "data" / "generate_reviews.py")]
        generator += ["--rows", str(rows), "--seed", str(SEED), "--output", str(data)]
        subprocess.run(generator, check=True, capture_output=True)
        overrides = [f"data.path={data}", f"output_dir={folder}"]
        config = load_config(ROOT / "configs" / "demo.yaml", overrides)
        encoder = resolve(config.encoder, cache_dir())
        ir = compile_pipeline(create_pipeline(config, encoder))
        before = peak_memory_mib()
        results = [run_node(ir, node_id, "benchmark") for node_id in DATA_NODES]
    return {
        "rows": rows,
        "seconds": round(sum(result.seconds for result in results), 1),
        "seconds_by_node": {result.node_id: round(result.seconds, 1) for result in results},
        "peak_memory_mib": peak_memory_mib(),
        "of_it_before_the_first_row_mib": before,
    }


def peak_memory_mib() -> int:
    """Return the highest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    sys.exit(main())
