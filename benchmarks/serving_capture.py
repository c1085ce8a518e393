"""Measure what it costs a server to write down none, a part and all of its requests.

One server takes turns, by its capture config file, so that all else is the same: at many
connections and at one, over REST and gRPC. On a machine that does other work as well, compare the
processor time of an answer: it hardly depends on the others.

Usage: python -m benchmarks.serving_capture [--model-dir output/demo/serving_model]
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.chosen_models import small_model
from benchmarks.corpora import load_corpora
from benchmarks.figures import machine, percentile, table, write_json
from benchmarks.http_load import Load
from benchmarks.rungs import NAME, Rung, served_rung
from benchmarks.serving_threads import TRANSPORTS, connect

OFF = 0.0
POLL_S = 0.1
SETTLE_S = 0.5
MEDIANS = ("answers/s", "p50 ms", "p99 ms")
ANSWERS, PROCESSOR = "answers", "processor s"
FIGURES = (*MEDIANS, ANSWERS, PROCESSOR)
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
MS = 1000
_USER, _SYSTEM = 13, 14  # of /proc/PID/stat


@dataclass
class Rounds:
    """What the server did with one share in one case, a value per round and figure."""

    values: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in FIGURES})


def main() -> int:
    """Print the figures without, and the ratios of the others to them."""
    given = parse_arguments()
    texts = load_corpora([], 1000)[0].texts
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as work:
        model, file = small_model(given, Path(work)), Path(work) / "capture.json"
        capture(file, OFF)
        polled = f"--capture_config_file_poll_wait_seconds={POLL_S}"
        with served_rung(NAME, "", model, f"--capture_config_file={file}", polled) as rung:
            for transport in given.transports:
                for clients in given.clients:
                    name = f"{transport}, {clients} clients"
                    asker = connect(transport, rung)
                    requests = [asker.request([text]) for text in texts]
                    load = partial(asker.run_load, requests, clients)
                    found[name] = measure(rung, load, file, given)
                    asker.close()
                    print_ratios(name, found[name])
        found["lines"] = lines_in(Path(work))
    write_json(given.json, {"machine": machine(), "cases": found})
    return 0


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model-dir", type=Path, help="folder of version folders (the demo's)")
    parser.add_argument("--shares", type=float, nargs="+", default=[OFF, 0.2, 1.0])
    parser.add_argument("--transports", nargs="+", default=TRANSPORTS, choices=TRANSPORTS)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 32])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=2.5, help="per share, case and round")
    parser.add_argument("--warm-up-seconds", type=float, default=10.0, help="per case")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--short", action="store_true", help="tiny model; see whether it runs")
    given = parser.parse_args()
    if given.short:
        given.rounds, given.clients = 1, [4]
        given.seconds = given.warm_up_seconds = 0.3
    return given


def capture(file: Path, share: float) -> None:
    """Tell a server what share to write down; it looks again within the pause that follows."""
    document = {
        "folder": str(file.parent / f"captured_{share:g}"),
        "sampling_percent": {NAME if share > OFF else "none": 100 * (share or 1)},
    }
    aside = file.with_suffix(".new")
    aside.write_text(json.dumps(document), encoding="utf-8")
    aside.replace(file)
    time.sleep(SETTLE_S)


def measure(
    rung: Rung, run_load: Callable[[float], Load], file: Path, given: Any
) -> dict[str, dict[str, list[float]]]:
    """Load a server, which takes turns.

    Args:
        rung: The server.
        run_load: Asks it for some seconds.
        file: Its capture config file.
        given: The command line.

    Returns:
        Values of each figure, one for each round, by share.
    """
    run_load(given.warm_up_seconds)
    rounds = [Rounds() for _ in given.shares]
    for turn in range(given.rounds):
        for place in sorted(range(len(rounds)), reverse=turn % 2 == 1):
            capture(file, given.shares[place])
            before = processor_s(rung)
            load = run_load(given.seconds)
            used = processor_s(rung) - before
            times = [percentile(load.latencies_ms, share) for share in (0.5, 0.99)]
            figures = (load.rate, *times, len(load.latencies_ms), used)
            for name, value in zip(FIGURES, figures, strict=True):
                rounds[place].values[name].append(value)
    return {f"{share:.0%}": each.values for share, each in zip(given.shares, rounds, strict=True)}


def processor_s(rung: Rung) -> float:
    """Return the processor time that a server has used, seconds."""
    fields = Path(f"/proc/{rung.pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
    return (int(fields[_USER - 2]) + int(fields[_SYSTEM - 2])) / TICKS_PER_S


def print_ratios(name: str, found: dict[str, dict[str, list[float]]]) -> None:
    """Print the first server's figures, and the ratios of the others' to them."""
    first, *others = (condensed(values) for values in found.values())
    rows = [[next(iter(found)), *(f"{value:.2f}" for value in first.values())]]
    for kind, figures in zip(list(found)[1:], others, strict=True):
        ratios = (figures[figure] / value for figure, value in first.items())
        rows.append([kind, *(f"x {ratio:.3f}" for ratio in ratios)])
    print(f"\n{name}\n")
    print(table(["share written", *first], rows), flush=True)


def condensed(values: dict[str, list[float]]) -> dict[str, float]:
    """Return medians of the rounds, and the processor time of an answer over all of them."""
    medians = {name: statistics.median(values[name]) for name in MEDIANS}
    return {
        **medians,
        "processor ms of an answer": MS * sum(values[PROCESSOR]) / sum(values[ANSWERS]),
    }


def lines_in(work: Path) -> dict[str, int]:
    """Count the lines that each server has written."""
    return {
        folder.name: sum(file.read_bytes().count(b"\n") for file in folder.rglob("*.jsonl"))
        for folder in sorted(work.glob("captured_*"))
    }


if __name__ == "__main__":
    raise SystemExit(main())
