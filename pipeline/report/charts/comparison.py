"""The charts of several runs: learning curves in one picture, a metric with its intervals."""

from collections.abc import Sequence

from markupsafe import Markup

from pipeline.metadata.estimates import MetricGroup
from pipeline.metadata.metrics import ROWS
from pipeline.report.charts.data_and_training import WIDTH
from pipeline.report.charts.evaluation import forest
from pipeline.report.charts.svg import Canvas, Scale, ticks, tooltip
from pipeline.report.formatting import metric, number
from pipeline.runs.comparison import Comparison

_HEIGHT = 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 30, 12, 40
_LABEL_GAP = 14


def runs_curve(comparison: Comparison) -> Markup:
    """Draw the accuracy on the eval split over the epochs, one line per run.

    Args:
        comparison: The runs; at least one has a curve.

    Returns:
        The chart; each line ends with the letter of its run.
    """
    curves = {place: run.curve for place, run in enumerate(comparison.runs) if run.curve}
    labels = comparison.labels
    parts = "; ".join(
        f"{labels[place]}: {', '.join(metric(value) for _, value in curve)}"
        for place, curve in curves.items()
    )
    canvas = Canvas(WIDTH, _HEIGHT, f"Accuracy on the eval split by epoch. {parts}")
    x, y = _scales([point for curve in curves.values() for point in curve])
    _axes(canvas, x, y)
    ends = {place: (x(curve[-1][0]), y(curve[-1][1])) for place, curve in curves.items()}
    heights = _apart({place: end[1] for place, end in ends.items()}, (y.end, y.start - 8))
    # The oldest run on top: where curves are equal, the runs took the training from the cache.
    for place, curve in reversed(curves.items()):
        points = [(x(epoch), y(value)) for epoch, value in curve]
        canvas.polyline(points, f"run-line run-{place}")
        for point, (epoch, value) in zip(points, curve, strict=True):
            dot = canvas.circle(point, 4, f"run-dot run-{place}")
            tooltip(dot, f"{labels[place]}, epoch {epoch}: {metric(value)}")
        at = (ends[place][0] + 9, heights[place] + 4)
        canvas.text(at, labels[place], f"run-label run-{place}")
    return canvas.markup()


def metric_chart(comparison: Comparison, name: str) -> Markup:
    """Draw a metric of each run with its 95 % interval.

    Args:
        comparison: The runs.
        name: Name of the metric.

    Returns:
        The chart, with a line at the baseline run's value.
    """
    groups = []
    for label, run in zip(comparison.labels, comparison.runs, strict=True):
        rows = round(run.metrics[ROWS].value) if ROWS in run.metrics else 0
        groups.append(MetricGroup(f"{label} {run.started:%m-%d %H:%M}", rows, run.metrics))
    return forest(groups, name, comparison.runs[comparison.baseline].metrics.get(name))


def _scales(points: Sequence[tuple[int, float]]) -> tuple[Scale, Scale]:
    epochs, values = zip(*points, strict=True)
    room = 0.15 if max(epochs) > min(epochs) else 0.5
    margin = (max(values) - min(values)) * 0.15 or 0.05
    return (
        Scale(min(epochs) - room, max(epochs) + room, _LEFT, WIDTH - _RIGHT),
        Scale(min(values) - margin, max(values) + margin, _HEIGHT - _BOTTOM, _TOP),
    )


def _axes(canvas: Canvas, x: Scale, y: Scale) -> None:
    for value in ticks(y.low, y.high, 4):
        canvas.line((x.start, y(value)), (x.end, y(value)), "grid-line")
        canvas.text((x.start - 6, y(value) + 4), f"{value:.3g}", "tick", anchor="end")
    for value in ticks(x.low, x.high, 6):
        if value == int(value):
            canvas.text((x(value), y.start + 16), number(value), "tick", anchor="middle")
    canvas.line((x.start, y.start), (x.end, y.start), "axis")
    canvas.text(((x.start + x.end) / 2, _HEIGHT - 5), "epoch", "tick", anchor="middle")


def _apart(heights: dict[int, float], limits: tuple[float, float]) -> dict[int, float]:
    """Move labels down until none hides another, then up where the last ones left the chart."""
    top, bottom = limits
    found: dict[int, float] = {}
    level = top - _LABEL_GAP
    for place, height in sorted(heights.items(), key=lambda item: item[1]):
        level = max(height, level + _LABEL_GAP)
        found[place] = level
    level = bottom + _LABEL_GAP
    for place in reversed(found):
        level = min(found[place], level - _LABEL_GAP)
        found[place] = level
    return found
