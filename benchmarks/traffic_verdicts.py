"""False alarms, power and time to verdict of A/B verdicts that are read after every answer.

Usage: python -m benchmarks.traffic_verdicts [--json output/bench/traffic_verdicts.json]
"""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figures import machine, table, write_json
from benchmarks.traffic_streams import (
    Reader,
    Streams,
    always_valid,
    asymptotic,
    first_verdicts,
    fixed_sample,
)

ALIKE = ((0.69, 0.5), (0.5, 0.5), (0.95, 0.5), (0.99, 0.5), (0.69, 0.1), (0.95, 0.05))
UNLIKE = (
    (0.69, 0.73, 0.5),
    (0.69, 0.71, 0.5),
    (0.69, 0.79, 0.5),
    (0.90, 0.92, 0.5),
    (0.95, 0.97, 0.5),
    (0.69, 0.73, 0.2),
    (0.69, 0.73, 0.1),
)
LONGEST = {0.5: 40_000, 0.2: 60_000, 0.1: 100_000}
LENGTH = 10_000
STREAMS = 2_000
POWER_STREAMS = 400
ENOUGH = 0.8
_Z = 1.959964 + 0.841621  # two-sided 5 %, power 80 %


def readers(share: float) -> dict[str, Reader]:
    """Return the ways to read a stream, by their names in the tables."""
    return {
        "ours": always_valid(share),
        "asymptotic": asymptotic(),
        "fixed sample": fixed_sample(),
    }


def false_alarms(rate: float, share: float, number: int, seed: int) -> dict[str, Any]:
    """Count the streams without a difference that ever got a verdict.

    Args:
        rate: Of both versions.
        share: The challenger's.
        number: Of streams.
        seed: Of the random numbers.

    Returns:
        A row of the table.
    """
    streams = Streams(rate, rate, share, LENGTH, number, seed)
    row: dict[str, Any] = {"rate": rate, "share": share}
    for name, reader in readers(share).items():
        row[name] = float(np.isfinite(first_verdicts(streams, reader)).mean())
    return row


def time_to_verdict(rates: tuple[float, float], share: float, number: int, seed: int) -> Any:
    """Measure after how many answers a difference is found.

    Args:
        rates: Of champion and challenger.
        share: The challenger's.
        number: Of streams.
        seed: Of the random numbers.

    Returns:
        A row of the table.
    """
    streams = Streams(*rates, share, LONGEST[share], number, seed)
    found = first_verdicts(streams, always_valid(share))
    planned = fixed_number(*rates, share)
    return {
        "champion": rates[0],
        "challenger": rates[1],
        "share": share,
        "median": int(np.median(np.minimum(found, streams.length))),
        "mean": round(float(np.minimum(found, streams.length).mean())),
        "80 %": float(np.quantile(found, ENOUGH, method="higher")),
        "95 %": float(np.quantile(found, 0.95, method="higher")),
        "fixed sample": planned,
        "power there": float((found <= planned).mean()),
    }


def fixed_number(champion: float, challenger: float, share: float) -> int:
    """Return how many answers the test of a number fixed before needs for a power of 80 %."""
    variance = champion * (1 - champion) / (1 - share) + challenger * (1 - challenger) / share
    return math.ceil(_Z**2 * variance / (champion - challenger) ** 2)


def main() -> int:
    """Simulate, print the tables, and write JSON."""
    arguments = parse_arguments()
    alarms = [
        false_alarms(rate, share, arguments.streams, arguments.seed)
        for rate, share in arguments.alike
    ]
    print(table(list(alarms[0]), [list(row.values()) for row in alarms]), flush=True)
    times = [
        time_to_verdict((low, high), share, arguments.power_streams, arguments.seed)
        for low, high, share in arguments.unlike
    ]
    print("\n" + table(list(times[0]), [list(row.values()) for row in times]))
    found = {"machine": machine(), "seed": arguments.seed, "alarms": alarms, "times": times}
    write_json(arguments.json, found)
    return 0


def parse_arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--streams", type=int, default=STREAMS, help="without a difference")
    parser.add_argument("--power-streams", type=int, default=POWER_STREAMS, help="with one")
    parser.add_argument("--seed", type=int, default=19)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--short", action="store_true", help="see whether it runs")
    arguments = parser.parse_args(given)
    arguments.alike, arguments.unlike = ALIKE, UNLIKE
    if arguments.short:
        arguments.streams, arguments.power_streams = 20, 10
        arguments.alike, arguments.unlike = ALIKE[:1], ((0.5, 0.9, 0.5),)
    return arguments


if __name__ == "__main__":
    raise SystemExit(main())
