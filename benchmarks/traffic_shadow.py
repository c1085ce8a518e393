"""Compare the times of answers with and without a slower challenger in the shadow.

A server process of its own serves the champion; rounds with and without copies take turns, so that
what else the machine does falls on both alike. A client sends one text after the other, with
pauses in which copies may run.

Usage: python -m benchmarks.traffic_shadow --champion VERSION_FOLDER --challenger VERSION_FOLDER
"""

import argparse
import itertools
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.figures import machine, percentile, table, write_json
from benchmarks.serving_load import add_version
from benchmarks.traffic_load import HELD, NAME, Ask, Bench, server

PAUSES_S = (0.005, 0.02)
SETTLE_S = 0.3
MS = 1000
TRIES = 40


def main() -> int:
    """Run all rounds and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--champion", type=Path, required=True, help="a version folder")
    parser.add_argument("--challenger", type=Path, required=True, help="another one")
    parser.add_argument("--rounds", type=int, default=8, help="of each kind")
    parser.add_argument("--requests", type=int, default=400, help="in a round")
    parser.add_argument("--load", type=float, default=0.5, help="percent of the time for copies")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = run(arguments, Path(folder))
    rows = [(kind, *figures.values()) for kind, figures in found["answers"].items()]
    print(table(("copies", "requests", "p50 ms", "p95 ms", "p99 ms"), rows))
    print(f"one text alone, ms: {found['alone_ms']}; rows compared: {found['compared']}")
    write_json(arguments.json, {"machine": machine(), **found})
    return 0


def run(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Start the server, and let rounds take turns.

    Args:
        arguments: The command line.
        folder: An empty folder.

    Returns:
        The figures.
    """
    base, plans = folder / NAME, folder / "traffic.json"
    base.mkdir()
    add_version(arguments.champion, base, 1)
    with server(sys.executable, base, plans) as (rest, grpc_address):
        bench = Bench(arguments.champion, base, plans, rest, grpc_address, 1)
        bench.follow(shadow(arguments.load, ended=True))
        add_version(arguments.challenger, base, 2)
        bench.wait_for(2, "AVAILABLE")
        alone = alone_ms(bench)
        times: dict[str, list[float]] = {"off": [], "on": []}
        kinds = itertools.chain.from_iterable([("off", "on"), ("on", "off")] * arguments.rounds)
        for kind in itertools.islice(kinds, 2 * arguments.rounds):
            bench.follow(shadow(arguments.load, ended=kind == "off"))
            time.sleep(SETTLE_S)
            times[kind] += ask_all(bench.rest_client(), arguments.requests)
        bench.follow(shadow(arguments.load, ended=False))
        told = bench.status()["shadow"]["challengers"].get("2", {"rows": 0})
    answers = {kind: figures(found) for kind, found in times.items()}
    return {"answers": answers, "alone_ms": alone, "compared": told["rows"]}


def shadow(load: float, *, ended: bool) -> dict[str, Any]:
    """Make the plan; one that has ended makes no copies."""
    plan: dict[str, Any] = {
        "strategy": "shadow",
        "arms": [{"version": 1}, {"version": 2}],
        "salt": "traffic_shadow",
        "started": HELD,
    }
    if load != 0.5:  # noqa: PLR2004 - the usual one, which the server leaves out
        plan["load"] = load
    if ended:
        by = {"at": HELD, "by": "benchmark", "reason": ""}
        plan["ending"] = {"outcome": "rolled-back", "version": 1, **by}
    return plan


def alone_ms(bench: Bench) -> dict[str, float]:
    """Measure one text of each version, nothing beside it."""
    found = {}
    for version in (1, 2):
        ask = bench.rest_client(f"/versions/{version}")
        times = [timed(ask) for _ in range(TRIES)]
        found[str(version)] = round(statistics.median(times) * MS, 2)
    return found


def ask_all(ask: Ask, requests: int) -> list[float]:
    """Send requests with pauses; return their seconds."""
    choose = random.Random(0)  # noqa: S311 - how long a pause is, is no secret
    times = []
    for _ in range(requests):
        times.append(timed(ask))
        time.sleep(choose.uniform(*PAUSES_S))
    return times


def timed(ask: Ask) -> float:
    """Send a request.

    Args:
        ask: Sends it.

    Returns:
        Its seconds.

    Raises:
        RuntimeError: If it failed.
    """
    started = time.perf_counter()
    if not ask("session"):
        raise RuntimeError("A request failed.")
    return time.perf_counter() - started


def figures(times: list[float]) -> dict[str, float]:
    """Condense the times of one kind of round."""
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    ranked = {name: round(percentile(times, share) * MS, 2) for name, share in shares.items()}
    return {"requests": len(times), **ranked}


if __name__ == "__main__":
    sys.exit(main())
