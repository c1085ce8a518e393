"""The chart of the bias: how far each group differs from the rest, with its interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pipeline.report.charts.svg import Canvas, Scale, fitting, ticks, tooltip

WIDTH = 560
_LEFT, _RIGHT, _TOP, _BOTTOM = 190, 62, 22, 34
_ROW = 26
_SIZE = 12
_LEAST_RANGE = 0.05
MOST_ROWS = 40


@dataclass(frozen=True)
class Difference:
    """A row of the chart.

    Attributes:
        name: Which rows are compared with the rest.
        value: The difference.
        low: Lower end of its interval.
        high: Upper end.
        rows: Rows of the group.
        is_sure: Whether chance does not explain it.
        baseline: The same of another model, shown as a ring; `None`: there is none.
    """

    name: str
    value: float
    low: float
    high: float
    rows: int
    is_sure: bool
    baseline: float | None = None


@dataclass(frozen=True)
class Words:
    """What stands around a chart.

    Attributes:
        name: The metric.
        below: What it means to be below 0.
        above: What it means to be above 0.
        axis: What is subtracted from what.
    """

    name: str
    below: str
    above: str
    axis: str


OF_LABELS = Words(
    "DPL",
    "← more positive than the rest",
    "fewer →",
    "DPL: share of the rest less share of the group",
)
OF_PREDICTIONS = Words(
    "DPPL",
    "← predicted positive more often",
    "less often →",
    "DPPL: predicted share of the rest less that of the group",
)
OF_RECALL = Words(
    "RD",
    "← found more often than the rest",
    "missed more often →",
    "RD: recall of the rest less recall of the group",
)


def differences(
    found: Sequence[Difference], limit: float | None, words: Words = OF_LABELS
) -> Markup:
    """Draw differences of shares around 0.

    Args:
        found: What to draw; beyond 40, those nearest to 0 are left out.
        limit: How far from 0 they may be, drawn as a band; `None`: no limit.
        words: What stands around it.

    Returns:
        The chart: orange is what chance does not explain.
    """
    shown = _largest(found)
    height = _TOP + len(shown) * _ROW + _BOTTOM
    parts = ", ".join(f"{one.name} {_signed(one.value)}" for one in shown)
    canvas = Canvas(WIDTH, height, f"{words.name} with 95 % intervals. {parts}", "chart wide")
    end = _end(shown, limit)
    scale, floor = Scale(-end, end, _LEFT, WIDTH - _RIGHT), height - _BOTTOM
    if limit is not None:
        start = scale(-limit)
        canvas.rect((start, _TOP - 4), (scale(limit) - start, floor - _TOP + 4), "track-good")
    for tick in ticks(-end, end, 6):
        canvas.line((scale(tick), _TOP - 4), (scale(tick), floor), "grid-line")
        canvas.text(
            (scale(tick), floor + 15), f"{tick:+.2g}" if tick else "0", "tick", anchor="middle"
        )
    canvas.line((scale(0), _TOP - 4), (scale(0), floor), "axis")
    canvas.text((scale(0) - 8, 11), words.below, "tick", anchor="end")
    canvas.text((scale(0) + 8, 11), words.above, "tick")
    canvas.text(
        (scale(0), height - 3),
        words.axis,
        "tick",
        anchor="middle",
    )
    for place, one in enumerate(shown):
        _draw_row(canvas, scale, one, _TOP + (place + 0.5) * _ROW)
    return canvas.markup()


def _draw_row(canvas: Canvas, scale: Scale, one: Difference, y: float) -> None:
    colour = "series-1" if one.is_sure else "series-0"
    canvas.text((_LEFT - 12, y + 4), fitting(one.name, _LEFT - 16, _SIZE), anchor="end")
    bar = sorted((scale(0), scale(one.value)))
    canvas.rect((bar[0], y - 6), (bar[1] - bar[0], 12), colour, radius=2, opacity=0.28)
    canvas.line(
        (scale(one.low), y), (scale(one.high), y), "whisker sure" if one.is_sure else "whisker"
    )
    dot = canvas.circle((scale(one.value), y), 4.5, colour)
    tooltip(
        dot, f"{one.name}: {one.value:+.4f} ({one.low:+.4f} to {one.high:+.4f}), {one.rows:,} rows"
    )
    if one.baseline is not None:
        ring = canvas.circle((scale(one.baseline), y), 4.5, "edge long")
        tooltip(ring, f"{one.name}, latest blessed model: {one.baseline:+.4f}")
    canvas.text((WIDTH - 4, y + 4), _signed(one.value), "value", anchor="end")


def _signed(value: float) -> str:
    return f"{round(value, 3) + 0.0:+.3f}"  # no -0.000


def _largest(found: Sequence[Difference]) -> list[Difference]:
    """Keep the order, and the largest ones."""
    if len(found) <= MOST_ROWS:
        return list(found)
    least = sorted((abs(one.value) for one in found), reverse=True)[MOST_ROWS - 1]
    return [one for one in found if abs(one.value) >= least][:MOST_ROWS]


def _end(shown: Sequence[Difference], limit: float | None) -> float:
    """Choose where the axis ends: beyond every interval, and beyond the limit."""
    ends = [abs(end) for one in shown for end in (one.low, one.high, one.baseline or 0)] + [
        (limit or 0) * 1.15
    ]
    return min(1.0, math.ceil(max([*ends, _LEAST_RANGE]) * 20) / 20)
