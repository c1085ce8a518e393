"""Measure ExampleGen to Transform on generated reviews: rows per second by node, peak memory.

Usage: python -m benchmarks.data_nodes --rows 10000 100000
       python -m benchmarks.data_nodes --rows 300000 --workers 1 2
       python -m benchmarks.data_nodes --rows 1000000 --prepare none everything
`--prepare` switches the Preparer on, with the rules of the demo or with all kinds of rules;
`everything` is all kinds of rules, BiasDetector and FeatureWriter. Several choices are shown beside
each other, node by node.
Each measurement runs in a process of its own, so that its peak memory is its own. One worker is the
process itself; several are Beam's worker processes (`beam.options.direct_num_workers`), which start
anew in every node.
"""

import argparse
import csv
import itertools
import json
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.figures import machine, table, write_json

ROOT = Path(__file__).resolve().parents[1]
PREPARER, BIAS_DETECTOR, FEATURE_WRITER = "Preparer", "BiasDetector", "FeatureWriter"
DATA_NODES = (
    *("ExampleGen", PREPARER, "StatisticsGen", "SchemaGen", "ExampleValidator", BIAS_DETECTOR),
    *("Transform", FEATURE_WRITER),
)
EVERYTHING = "everything"
_ALL_RULES = (
    "prepare.enabled=true",
    "prepare.label_map={bad: [-1], neither: [0], good: [1]}",
    "prepare.personal_data=[email, phone, card_number]",
    "prepare.near_duplicates.threshold=0.8",
    "prepare.balance=downsample",
    "bias.max={}",
)
RULES = {
    "none": ("prepare.enabled=false",),
    "demo": (),
    "all": _ALL_RULES,
    EVERYTHING: _ALL_RULES,
}
SEED = 11
READING = ("ExampleGen", PREPARER, "StatisticsGen", "Transform", "all")
HEAD = (
    "rows",
    "workers",
    "rules",
    *(f"{name}, rows/s" for name in READING),
    "seconds",
    "largest MiB",
)
BY_NODE = ("rows", "workers", "rules", "node", "seconds", "processor s", "peak MiB so far")
FILES = 4  # ExampleGen's unit of work is a file

Figures = dict[str, Any]


def main() -> int:
    """Print rows per second for each size and number of workers, then the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--workers", type=int, nargs="+", default=[1])
    parser.add_argument("--prepare", choices=[*RULES], nargs="+", default=["none"])
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        [rows], [workers], [rules] = arguments.rows, arguments.workers, arguments.prepare
        print(json.dumps(measure(rows, workers, rules)))
        return 0
    sizes = [*itertools.product(arguments.rows, arguments.workers)]
    measured = {
        rules: {size: in_own_process(*size, rules) for size in sizes} for rules in arguments.prepare
    }
    all_figures = [figures for each in measured.values() for figures in each.values()]
    print(table(HEAD, [_cells(figures) for figures in all_figures]))
    print(table(BY_NODE, [cells for figures in all_figures for cells in _cells_by_node(figures)]))
    ratios = [ratio for each in measured.values() for ratio in compare(each)]
    for ratio in ratios:
        print(", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in ratio.items()))
    found = {"machine": machine(), "sizes": all_figures, "ratios": ratios}
    write_json(arguments.json, found)
    return 0


def _cells(figures: Figures) -> list[Any]:
    found = figures["rows_per_second"]
    speeds = [f"{found[name]:,}" if name in found else "-" for name in READING]
    peak = max(figures["peak_memory_mib"], figures.get("peak_memory_of_a_worker_mib", 0))
    return [
        f"{figures['rows']:,}",
        figures["workers"],
        figures["rules"],
        *speeds,
        figures["seconds"],
        peak,
    ]


def _cells_by_node(figures: Figures) -> list[list[Any]]:
    what = [f"{figures['rows']:,}", figures["workers"], figures["rules"]]
    processor, peaks = figures["cpu_seconds_by_node"], figures["peak_memory_after_mib"]
    found = [
        [*what, node, figures["seconds_by_node"][node], processor[node], peaks[node]]
        for node in processor
    ]
    total = [figures["seconds"], round(sum(processor.values()), 1), figures["peak_memory_mib"]]
    return [*found, [*what, "all", *total]]


def nodes_with(rules: str) -> list[str]:
    """Name the nodes that are measured.

    Args:
        rules: Key of `RULES`.

    Returns:
        Their names, in the order in which they run.
    """
    left_out = set() if rules == EVERYTHING else {BIAS_DETECTOR, FEATURE_WRITER}
    if rules == "none":
        left_out.add(PREPARER)
    return [name for name in DATA_NODES if name not in left_out]


def compare(measured: dict[tuple[int, int], Figures]) -> list[Figures]:
    """Compare the first with the last number of workers, and the first with the last of rows.

    Args:
        measured: Figures by rows and workers.

    Returns:
        The ratios; none of what was measured once.
    """
    sizes, workers = (list(dict.fromkeys(keys)) for keys in zip(*measured, strict=True))
    few, many, small, large = workers[0], workers[-1], sizes[0], sizes[-1]
    found = [] if few == many else [speed_up(measured[n, few], measured[n, many]) for n in sizes]
    if small != large:
        found += [growth(measured[small, n], measured[large, n]) for n in workers]
    return found


def speed_up(one: Figures, other: Figures) -> Figures:
    """Compare two numbers of workers on the same rows.

    Args:
        one: Figures of the smaller number.
        other: Figures of the larger number.

    Returns:
        By node and for all: how many times as many rows a second the larger number gets through.
    """
    before, after = one["rows_per_second"], other["rows_per_second"]
    ratios = {name: round(after[name] / before[name], 2) for name in before}
    return {
        "rows": one["rows"],
        "throughput_of_workers": f"{other['workers']}:{one['workers']}",
        **ratios,
    }


def growth(small: Figures, large: Figures) -> Figures:
    """Compare two numbers of rows with the same workers.

    Args:
        small: Figures of the smaller number.
        large: Figures of the larger number.

    Returns:
        How many times the rows, seconds and memory; and how many further rows a second each node
        gets through once everything has started.
    """
    keys = ("rows", "seconds", "peak_memory_mib")
    ratios = {key: round(large[key] / small[key], 2) for key in keys}
    before, after = small["seconds_by_node"], large["seconds_by_node"]
    longer = {name: after[name] - before[name] for name in large["rows_per_second"]}
    added = large["rows"] - small["rows"]
    further = {name: round(added / seconds) for name, seconds in longer.items() if seconds > 0}
    workers = small["workers"]
    return {"workers": workers, "ratio_last_to_first": ratios, "further_rows_per_second": further}


def in_own_process(rows: int, workers: int, rules: str) -> Figures:
    """Measure in a new process.

    Args:
        rows: Number of rows.
        workers: Number of Beam's workers.
        rules: Key of `RULES`.

    Returns:
        What the process printed.
    """
    command = [sys.executable, "-m", "benchmarks.data_nodes", "--measure"]
    command += ["--rows", str(rows), "--workers", str(workers), "--prepare", rules]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        sys.exit(done.stderr)
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def measure(rows: int, workers: int, rules: str = "none") -> Figures:
    """Run the data nodes from this process.

    Args:
        rows: Number of rows.
        workers: Number of Beam's workers.
        rules: Key of `RULES`.

    Returns:
        Seconds in all and by node, rows per second of the nodes that read rows, and in MiB the peak
        resident memory of this process (and as it stood after each node), of it what was there
        before the first row was read, and that of the largest worker process.
    """
    from models.encoders.resolving import resolve
    from models.environment import cache_dir
    from pipeline.config.pipeline_config import load_config
    from pipeline.graph.compiling import compile_config
    from pipeline.graph.run_settings import connected
    from pipeline.nodes.node import run_node

    with tempfile.TemporaryDirectory() as folder:
        generate(rows, Path(folder, "reviews"))
        overrides = [f"data.path={folder}/reviews", f"output_dir={folder}", *RULES[rules]]
        if workers > 1:
            overrides.append(f"beam.options.direct_num_workers={workers}")
        config = load_config(ROOT / "configs" / "demo.yaml", overrides)
        compiled = compile_config(config, resolve(config.encoder, cache_dir()))
        ir = connected(compiled.ir, compiled.config)
        before = peak_memory_mib(resource.RUSAGE_SELF)
        seconds, processor, peaks = {}, {}, {}
        for node_id in nodes_with(rules):
            started = time.process_time()
            seconds[node_id] = run_node(ir, node_id, "benchmark").seconds
            processor[node_id] = round(time.process_time() - started, 2)
            peaks[node_id] = peak_memory_mib(resource.RUSAGE_SELF)
    memory = {
        "cpu_seconds_by_node": processor,
        "peak_memory_after_mib": peaks,
        "peak_memory_mib": peak_memory_mib(resource.RUSAGE_SELF),
        "of_it_before_the_first_row_mib": before,
    }
    if workers > 1:
        memory["peak_memory_of_a_worker_mib"] = peak_memory_mib(resource.RUSAGE_CHILDREN)
    return {"rows": rows, "workers": workers, "rules": rules, **_speeds(rows, seconds), **memory}


def _speeds(rows: int, seconds: dict[str, float]) -> Figures:
    seconds = {**seconds, "all": sum(seconds.values())}
    return {
        "seconds": round(seconds["all"], 1),
        "seconds_by_node": {name: round(value, 1) for name, value in seconds.items()},
        "rows_per_second": {
            name: round(rows / seconds[name]) for name in READING if name in seconds
        },
    }


def generate(rows: int, folder: Path) -> None:
    """Write generated reviews, dealt out to several files.

    Args:
        rows: Number of rows.
        folder: Folder to make.
    """
    folder.mkdir()
    table = folder.with_suffix(".csv")
    generator = [sys.executable, str(ROOT / "data" / "generate_reviews.py")]
    generator += ["--rows", str(rows), "--seed", str(SEED), "--output", str(table)]
    subprocess.run(generator, check=True, capture_output=True)
    with table.open(encoding="utf-8", newline="") as file, ExitStack() as stack:
        paths = [folder / f"{number}.csv" for number in range(FILES)]
        files = [
            stack.enter_context(path.open("w", encoding="utf-8", newline="")) for path in paths
        ]
        writers = [csv.writer(part) for part in files]
        lines = csv.reader(file)
        header = next(lines)
        for writer in writers:
            writer.writerow(header)
        for line, writer in zip(lines, itertools.cycle(writers), strict=False):
            writer.writerow(line)
    table.unlink()


def peak_memory_mib(whose: int) -> int:
    """Return the highest resident memory so far.

    Args:
        whose: `resource.RUSAGE_SELF` or, for the largest of the ended children, `RUSAGE_CHILDREN`.

    Returns:
        MiB.
    """
    return resource.getrusage(whose).ru_maxrss // 1024


if __name__ == "__main__":
    sys.exit(main())
