"""The charts of the data and of the training."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from pipeline.report.charts.svg import Canvas, Scale, fitting, ticks, tooltip
from pipeline.report.formatting import metric, number, share
from pipeline.report.reading.lengths import LengthDistribution

WIDTH = 420
_LABEL_SIZE = 12
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 12, 40
_BAR, _GAP = 11, 3
_MAX_CLASSES = 20


@dataclass(frozen=True)
class Frame:
    """The plot area of a chart with its two scales."""

    x: Scale
    y: Scale


def class_bars(classes: Sequence[str], counts: Mapping[str, Sequence[int]]) -> Markup:
    """Draw the share of each class in each split as horizontal bars.

    Args:
        classes: Names, C; at most 20 are drawn, the largest of them.
        counts: Split to its rows per class, `[C]`.

    Returns:
        The chart.
    """
    chosen = _largest_classes(classes, counts)
    left, right = 96, 56
    group = len(counts) * (_BAR + _GAP) + 12
    canvas = Canvas(WIDTH, len(chosen) * group + 8, _describe_classes(classes, counts))
    shares = {
        split: [count / max(sum(rows), 1) for count in rows] for split, rows in counts.items()
    }
    highest = max((parts[place] for parts in shares.values() for place in chosen), default=1)
    scale = Scale(0, highest or 1, left, WIDTH - right)
    for row, place in enumerate(chosen):
        top = row * group + 8
        name = fitting(classes[place], left - 10, _LABEL_SIZE)
        canvas.text((left - 8, top + group / 2 - 4), name, anchor="end")
        for index, (split, rows) in enumerate(counts.items()):
            part = shares[split][place]
            y = top + index * (_BAR + _GAP)
            bar = canvas.rect((left, y), (scale(part) - left, _BAR), f"series-{index}", radius=2)
            tooltip(bar, f"{split}: {rows[place]:,} rows, {share(part)}")
            canvas.text((scale(part) + 5, y + _BAR - 1.5), share(part), "value small")
    return canvas.markup()


def length_histogram(lengths: LengthDistribution) -> Markup:
    """Draw the distribution of lengths in tokens, with median and limit.

    Args:
        lengths: Bins and figures.

    Returns:
        The chart.
    """
    height = 230
    label = (
        f"Histogram of lengths in tokens: median {lengths.median:g}, 95th percentile "
        f"{lengths.p95:g}, longest {lengths.longest}, limit {lengths.limit}"
    )
    canvas = Canvas(WIDTH, height, label)
    low, high = lengths.edges[0], max(lengths.edges[-1], lengths.longest + 1)
    frame = Frame(
        Scale(low, high, _LEFT, WIDTH - _RIGHT),
        Scale(0, max(lengths.counts, default=1) * 1.08 or 1, height - _BOTTOM, _TOP + 14),
    )
    _axes(canvas, frame, "tokens per row", number)
    for (start, end), count in zip(pairwise(lengths.edges), lengths.counts, strict=True):
        x, y = frame.x(start), frame.y(count)
        size = (frame.x(end) - x - 1, frame.y.start - y)
        tooltip(
            canvas.rect((x, y), size, "series-0"), f"{start} to {end - 1} tokens: {count:,} rows"
        )
    _marker(canvas, frame, lengths.median, f"median {lengths.median:g}")
    return canvas.markup()


def learning_curve(
    numbers: Sequence[int],
    curves: Mapping[str, Sequence[float]],
    name: str,
    best_epoch: int | None = None,
) -> Markup:
    """Draw figures over the epochs.

    Args:
        numbers: Numbers of the epochs, at least one, E.
        curves: Name of each curve to its figures, `[E]`; NaN for what is not known.
        name: What is drawn, e.g. `accuracy`.
        best_epoch: Number of the epoch whose weights were kept.

    Returns:
        The chart.
    """
    height = 230
    finite = [v for curve in curves.values() for v in curve if math.isfinite(v)] or [0, 1]
    canvas = Canvas(WIDTH, height, _describe_curves(curves, len(numbers), name))
    margin = (max(finite) - min(finite)) * 0.15 or 0.05
    first, last = numbers[0], numbers[-1]
    room = 0.15 if last > first else 0.5
    frame = Frame(
        Scale(first - room, last + room, _LEFT, WIDTH - _RIGHT),
        Scale(min(finite) - margin, max(finite) + margin, height - _BOTTOM, _TOP),
    )
    _axes(canvas, frame, "epoch", lambda value: f"{value:.3g}", whole_x=True)
    if best_epoch is not None:
        x = frame.x(best_epoch)
        canvas.line((x, _TOP), (x, frame.y.start), "best")
    for index, (curve, figures) in enumerate(curves.items()):
        known = [point for point in zip(numbers, figures, strict=True) if math.isfinite(point[1])]
        canvas.polyline(
            [(frame.x(epoch), frame.y(value)) for epoch, value in known], f"line-{index}"
        )
        for epoch, value in known:
            dot = canvas.circle((frame.x(epoch), frame.y(value)), 3.5, f"series-{index}")
            tooltip(dot, f"{curve}, epoch {epoch}: {metric(value)}")
    return canvas.markup()


def _largest_classes(classes: Sequence[str], counts: Mapping[str, Sequence[int]]) -> list[int]:
    totals = [sum(rows[place] for rows in counts.values()) for place in range(len(classes))]
    largest = sorted(range(len(totals)), key=lambda place: -totals[place])[:_MAX_CLASSES]
    return sorted(largest)


def _describe_classes(classes: Sequence[str], counts: Mapping[str, Sequence[int]]) -> str:
    parts = []
    for split, rows in counts.items():
        named = zip(classes[:_MAX_CLASSES], rows, strict=False)
        parts.append(f"{split}: {', '.join(f'{name} {count:,}' for name, count in named)}")
    return "Rows by class. " + "; ".join(parts)


def _describe_curves(curves: Mapping[str, Sequence[float]], epochs: int, name: str) -> str:
    parts = [f"{curve}: {', '.join(map(metric, figures))}" for curve, figures in curves.items()]
    return f"{name} over {epochs} epochs. " + "; ".join(parts)


def _axes(
    canvas: Canvas,
    frame: Frame,
    name: str,
    written: Callable[[float], str],
    *,
    whole_x: bool = False,
) -> None:
    """Draw grid, tick labels and the name of the x axis."""
    x, y = frame.x, frame.y
    for value in ticks(y.low, y.high, 4):
        canvas.line((x.start, y(value)), (x.end, y(value)), "grid-line")
        canvas.text((x.start - 6, y(value) + 4), written(value), "tick", anchor="end")
    for value in ticks(x.low, x.high, 6):
        if not whole_x or value == int(value):
            canvas.text((x(value), y.start + 16), number(value), "tick", anchor="middle")
    canvas.line((x.start, y.start), (x.end, y.start), "axis")
    canvas.text(((x.start + x.end) / 2, canvas.height - 5), name, "tick", anchor="middle")


def _marker(canvas: Canvas, frame: Frame, value: float, label: str) -> None:
    x = frame.x(value)
    canvas.line((x, frame.y.end - 10), (x, frame.y.start), "marker")
    anchor = "start" if x < canvas.width / 2 else "end"
    shift = 5 if anchor == "start" else -5
    canvas.text((x + shift, frame.y.end - 3), label, "value small", anchor=anchor)
