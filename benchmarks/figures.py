"""What all benchmarks do with their figures: medians, spread, tables, JSON, the machine."""

import datetime
import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

THOUSAND = 1000


def summary(values: Sequence[float], digits: int = 2) -> dict[str, float]:
    """Condense the rounds of one measurement.

    Args:
        values: One per round.
        digits: To round to.

    Returns:
        `median`, `lowest`, `highest`.
    """
    return {
        "median": round(statistics.median(values), digits),
        "lowest": round(min(values), digits),
        "highest": round(max(values), digits),
    }


def spread(figures: Mapping[str, float]) -> str:
    """Write a summary as `median (lowest-highest)`."""
    median, lowest, highest = (
        f"{figures[name]:,.0f}" if figures["median"] >= THOUSAND else f"{figures[name]:g}"
        for name in ("median", "lowest", "highest")
    )
    return f"{median} ({lowest}-{highest})"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` of the values do not exceed."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Lay out a Markdown table, columns aligned.

    Args:
        head: Names of the columns.
        rows: Their cells.

    Returns:
        Lines of text.
    """
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(head))]
    lines = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) + " |" for r in cells
    ]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(lines)


def machine() -> dict[str, Any]:
    """Describe what was measured on, and when."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    flags = next((line for line in lines if line.startswith("flags")), "").split()
    wanted = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "cpu": names[0] if names else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "extensions": [name for name in wanted if name in flags],
        "load_average": round(os.getloadavg()[0], 2),
    }


def write_json(path: Path | None, values: Mapping[str, Any]) -> None:
    """Write the figures to a file if one is wanted.

    Args:
        path: The file, or None.
        values: The figures.
    """
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
