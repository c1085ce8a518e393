"""The charts of the evaluation: slices, calibration, threshold."""

import math
from collections.abc import Sequence
from decimal import Decimal

from markupsafe import Markup

from bert_aas.conditions.comparing import SLACK
from bert_aas.contracts.figures import decimals_that_show, plain, written
from pipeline.metadata.estimates import CalibrationBin, Estimate, MetricGroup
from pipeline.report.charts.svg import Canvas, Scale, fitting, ticks, tooltip
from pipeline.report.formatting import in_words, metric, share

WIDTH = 420
_SIZE = 12
_ROW = 26
_MAX_FOREST_ROWS = 40


def forest(groups: Sequence[MetricGroup], name: str, overall: Estimate | None) -> Markup:
    """Draw a metric of several slices or classes with its intervals.

    Args:
        groups: What to compare; those without the metric, and more than 40, are left out.
        name: Name of the metric.
        overall: The metric over all rows, drawn as a line.

    Returns:
        The chart.
    """
    known = [group for group in groups if _has(group, name)][:_MAX_FOREST_ROWS]
    left, right, bottom = 132, 52, 34
    height = len(known) * _ROW + bottom + 6
    parts = ", ".join(f"{group.name} {metric(group.metrics[name].value)}" for group in known)
    canvas = Canvas(WIDTH, height, f"{in_words(name)} with 95 % intervals. {parts}")
    low, high = _range([group.metrics[name] for group in known])
    scale = Scale(low, high, left, WIDTH - right)
    floor = height - bottom
    for value in ticks(low, high, 4):
        canvas.line((scale(value), 4), (scale(value), floor), "grid-line")
        canvas.text((scale(value), floor + 15), f"{value:.2g}", "tick", anchor="middle")
    canvas.text(((left + WIDTH - right) / 2, height - 3), in_words(name), "tick", anchor="middle")
    if overall and math.isfinite(overall.value):
        canvas.line((scale(overall.value), 4), (scale(overall.value), floor), "marker")
    for index, group in enumerate(known):
        _forest_row(canvas, scale, group, (name, index * _ROW + _ROW / 2 + 4))
    return canvas.markup()


def reliability(bins: Sequence[CalibrationBin]) -> Markup:
    """Draw accuracy against confidence, and how many rows stand behind each point.

    Args:
        bins: Bins that have rows.

    Returns:
        The chart; a well calibrated model follows the diagonal.

    Source:
        Guo et al. 2017, arXiv:1706.04599, figure 1.
    """
    height, left, floor = 300, 46, 214
    parts = ", ".join(f"{share(b.confidence, 0)}: {share(b.accuracy.value, 0)}" for b in bins)
    canvas = Canvas(WIDTH, height, f"Calibration, confidence: accuracy. {parts}")
    low = min([0.5, *(math.floor(b.confidence * 10) / 10 for b in bins)])
    x, y = Scale(low, 1, left, WIDTH - 14), Scale(0, 1, floor, 10)
    for value in ticks(0, 1, 4):
        canvas.line((x.start, y(value)), (x.end, y(value)), "grid-line")
        canvas.text((left - 6, y(value) + 4), f"{value:.1f}", "tick", anchor="end")
    for value in ticks(low, 1, 5):
        canvas.text((x(value), height - 20), f"{value:.1f}", "tick", anchor="middle")
    canvas.line((x(low), y(low)), (x(1), y(1)), "marker")
    canvas.polyline([(x(b.confidence), y(b.accuracy.value)) for b in bins], "line-0")
    most = max((b.rows for b in bins), default=1)
    for b in bins:
        centre = x(b.confidence)
        _whisker(canvas, (centre, y(b.accuracy.low)), (centre, y(b.accuracy.high)), b.accuracy)
        dot = canvas.circle((centre, y(b.accuracy.value)), 4.5, "series-0")
        tooltip(
            dot,
            f"confidence {metric(b.confidence)}, accuracy {metric(b.accuracy.value)}, "
            f"{b.rows:,} rows",
        )
        tall = 34 * b.rows / most
        bar = canvas.rect((centre - 7, height - 36 - tall), (14, tall), "series-2", radius=1)
        tooltip(bar, f"{b.rows:,} rows")
    canvas.text((left - 6, height - 46), "rows", "tick", anchor="end")
    canvas.line((x.start, height - 36), (x.end, height - 36), "axis")
    canvas.text(
        ((x.start + x.end) / 2, height - 4), "confidence of the prediction", "tick", anchor="middle"
    )
    return canvas.markup()


def threshold_gauge(name: str, value: Estimate, threshold: float, baseline: float | None) -> Markup:
    """Draw the deciding metric with its interval between threshold and baseline.

    Args:
        name: Name of the metric.
        value: The metric; a NaN is not drawn.
        threshold: What it must reach.
        baseline: The latest blessed model's, if there is one.

    Returns:
        The chart.
    """
    known = [value.value, value.low, value.high, threshold, baseline]
    finite = [v for v in known if v is not None and math.isfinite(v)]
    low = max(0, math.floor(min(finite) * 10 - 0.5) / 10)
    high = min(1, math.ceil(max(finite) * 10 + 0.5) / 10)
    shown = _beside(threshold, value.value)
    canvas = Canvas(
        WIDTH,
        118,
        f"{in_words(name)} {shown}, threshold "
        f"{plain(threshold)}, latest blessed model {metric(baseline)}",
    )
    scale, middle = Scale(low, high, 16, WIDTH - 16), 56
    canvas.rect((16, middle - 7), (WIDTH - 32, 14), "track", radius=7)
    start = scale(threshold)
    canvas.rect((start, middle - 7), (WIDTH - 16 - start, 14), "track-good", radius=7)
    for tick in ticks(low, high, 5):
        canvas.text((scale(tick), 112), f"{tick:.2g}", "tick", anchor="middle")
        canvas.line((scale(tick), 96), (scale(tick), 100), "axis")
    _flag(canvas, start, (middle + 9, 88), f"threshold {plain(threshold)}")
    if baseline is not None and math.isfinite(baseline):
        canvas.line((scale(baseline), middle - 11), (scale(baseline), middle + 11), "marker")
    if math.isfinite(value.value):
        _whisker(canvas, (scale(value.low), middle), (scale(value.high), middle), value)
        css = "good" if _reaches(threshold, value.value) else "bad"
        canvas.circle((scale(value.value), middle), 8, css)
        _flag(canvas, scale(value.value), (middle - 10, 24), shown, css="value big")
    return canvas.markup()


def _beside(threshold: float, value: float) -> str:
    """Write a metric with the digits that tell it from the threshold, three at least."""
    if not math.isfinite(value):
        return metric(value)
    decimals = decimals_that_show(lambda v: _reaches(threshold, v), value, at_least=3)
    return f"{value:.{decimals}f}"


def _reaches(threshold: float, value: float | Decimal) -> bool:
    return Decimal(value) >= written(threshold) - written(SLACK)


def _flag(
    canvas: Canvas, x: float, levels: tuple[float, float], label: str, *, css: str = "value small"
) -> None:
    near, far = levels
    anchor = "start" if x < WIDTH * 0.25 else "end" if x > WIDTH * 0.75 else "middle"
    canvas.line((x, near), (x, near + (far - near) * 0.35), "axis")
    canvas.text((x, far), label, css, anchor=anchor)


def _forest_row(canvas: Canvas, scale: Scale, group: MetricGroup, place: tuple[str, float]) -> None:
    name, y = place
    estimate = group.metrics[name]
    canvas.text(
        (scale.start - 10, y + 4), fitting(group.name, scale.start - 14, _SIZE), anchor="end"
    )
    _whisker(canvas, (scale(estimate.low), y), (scale(estimate.high), y), estimate)
    dot = canvas.circle((scale(estimate.value), y), 4.5, "series-0")
    tooltip(dot, f"{group.name}: {metric(estimate.value)} ({group.rows:,} rows)")
    canvas.text((WIDTH - 4, y + 4), metric(estimate.value), "value", anchor="end")


def _whisker(
    canvas: Canvas, start: tuple[float, float], end: tuple[float, float], estimate: Estimate
) -> None:
    if math.isfinite(estimate.low) and math.isfinite(estimate.high):
        canvas.line(start, end, "whisker")


def _has(group: MetricGroup, name: str) -> bool:
    return name in group.metrics and math.isfinite(group.metrics[name].value)


def _range(estimates: Sequence[Estimate]) -> tuple[float, float]:
    ends = [end for e in estimates for end in (e.value, e.low, e.high) if math.isfinite(end)]
    low = math.floor(min(ends, default=0) * 20) / 20
    high = math.ceil(max(ends, default=1) * 20) / 20
    return max(low, 0), min(max(high, low + 0.05), 1)
