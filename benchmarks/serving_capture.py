"""Compare servers that write down none, a part and all of their requests.

The servers take turns, at many connections and at one, over REST and gRPC. On a machine that does
other work as well, compare the processor time of an answer: it hardly depends on the others.

Usage: python -m benchmarks.serving_capture [--model-dir output/demo/serving_model]
"""

import argparse
import json
import os
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.chosen_models import small_model
from benchmarks.corpora import load_corpora
from benchmarks.figures import machine, percentile, table, write_json
from benchmarks.rungs import NAME, Rung, served_rung
from benchmarks.serving_threads import TRANSPORTS, connect

OFF = 0.0
MEDIANS = ("answers/s", "p50 ms", "p99 ms")
ANSWERS, PROCESSOR = "answers", "processor s"
FIGURES = (*MEDIANS, ANSWERS, PROCESSOR)
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
MS = 1000
_USER, _SYSTEM = 13, 14  # of /proc/PID/stat


@dataclass
class Rounds:
    """What one server did in one case, a value per round and figure."""

    values: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in FIGURES})


def main() -> int:
    """Print each figure as a ratio to that of the server that writes nothing."""
    given = parse_arguments()
    texts = load_corpora([], 1000)[0].texts
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as work, ExitStack() as stack:
        model = small_model(given, Path(work))
        rungs = [
            stack.enter_context(served_rung(NAME, f"{share:.0%}", model, *flags(share, Path(work))))
            for share in given.shares
        ]
        for transport in given.transports:
            for clients in given.clients:
                name = f"{transport}, {clients} clients"
                found[name] = measure(rungs, transport, texts, clients, given)
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
    parser.add_argument("--seconds", type=float, default=2.5, help="per server, case and round")
    parser.add_argument("--warm-up-seconds", type=float, default=6.0, help="per server and case")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--short", action="store_true", help="tiny model; see whether it runs")
    given = parser.parse_args()
    if given.short:
        given.rounds, given.clients = 1, [4]
        given.seconds = given.warm_up_seconds = 0.3
    return given


def flags(share: float, work: Path) -> list[str]:
    """Return the flags of a server."""
    if share == OFF:
        return []
    file = work / f"capture_{share:g}.json"
    document = {
        "folder": str(work / f"captured_{share:g}"),
        "sampling_percent": {NAME: 100 * share},
    }
    file.write_text(json.dumps(document), encoding="utf-8")
    return [f"--capture_config_file={file}"]


def measure(
    rungs: Sequence[Rung], transport: str, texts: Sequence[str], clients: int, given: Any
) -> dict[str, dict[str, list[float]]]:
    """Load servers in turns.

    Args:
        rungs: The servers.
        transport: How they are asked.
        texts: What they are asked.
        clients: How many ask at once.
        given: The command line.

    Returns:
        Values of each figure, a round each, by server.
    """
    askers = [connect(transport, rung) for rung in rungs]
    requests = [askers[0].request([text]) for text in texts]
    for asker in askers:
        asker.run_load(requests, clients, given.warm_up_seconds)
    rounds = [Rounds() for _ in rungs]
    for turn in range(given.rounds):
        for place in sorted(range(len(rungs)), reverse=turn % 2 == 1):
            before = processor_s(rungs[place])
            load = askers[place].run_load(requests, clients, given.seconds)
            used = processor_s(rungs[place]) - before
            times = [percentile(load.latencies_ms, share) for share in (0.5, 0.99)]
            figures = (load.rate, *times, len(load.latencies_ms), used)
            for name, value in zip(FIGURES, figures, strict=True):
                rounds[place].values[name].append(value)
    for asker in askers:
        asker.close()
    return {rung.kind: each.values for rung, each in zip(rungs, rounds, strict=True)}


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
