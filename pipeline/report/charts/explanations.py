"""The charts of the explanations: words of a class, and what leaving words out does."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pipeline.report.charts.svg import Canvas, Scale, fitting, ticks, tooltip

WIDTH = 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 112, 102, 8, 34
_ROW, _BAR, _SIZE = 24, 14, 12
_LEAST_RANGE = 0.05
_MARGIN = 1.08
_STRONG, _PALE = 0.85, 0.35


@dataclass(frozen=True)
class WordBar:
    """A word of a chart.

    Attributes:
        word: The word.
        rows: Rows that have it.
        mean: Mean contribution.
        low: Lower end of its interval.
        high: Upper end.
    """

    word: str
    rows: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class CurvePoint:
    """A point of the deletion curve: value and interval of both curves; NaN is not drawn.

    Attributes:
        words: Words left out.
        rows: Rows that have more words than that.
        top: Drop without the words with the highest figures: value, low, high.
        random: The same without random words.
    """

    words: int
    rows: int
    top: tuple[float, float, float]
    random: tuple[float, float, float]


def word_bars(words: Sequence[WordBar], target: str) -> Markup:
    """Draw the contributions of words around 0.

    Args:
        words: The words, in the order of the chart.
        target: The class that they speak for or against.

    Returns:
        The chart: blue speaks for the class, orange against it; pale where the interval holds 0.
    """
    floor = _TOP + len(words) * _ROW
    told = ", ".join(f"{one.word} {_signed(one.mean)}" for one in words)
    canvas = Canvas(
        WIDTH, floor + _BOTTOM, f"Contributions to {target} with 95 % intervals. {told}"
    )
    scale = _scale(words)
    for tick in ticks(scale.low, scale.high, 4):
        canvas.line((scale(tick), _TOP), (scale(tick), floor), "grid-line")
        shown = f"{tick:+.2g}" if round(tick, 9) else "0"
        canvas.text((scale(tick), floor + 15), shown, "tick", anchor="middle")
    canvas.line((scale(0), _TOP), (scale(0), floor), "axis")
    middle = (_LEFT + WIDTH - _RIGHT) / 2
    canvas.text((middle, floor + 31), f"against ← {_short(target)} → for", "tick", anchor="middle")
    for place, one in enumerate(words):
        _bar(canvas, scale, one, _TOP + (place + 0.5) * _ROW)
    return canvas.markup()


def _bar(canvas: Canvas, scale: Scale, one: WordBar, y: float) -> None:
    canvas.text((_LEFT - 8, y + 4), fitting(one.word, _LEFT - 10, _SIZE), anchor="end")
    start, end = sorted((scale(0), scale(one.mean)))
    bar = canvas.rect(
        (start, y - _BAR / 2),
        (max(end - start, 1), _BAR),
        "series-0" if one.mean >= 0 else "series-1",
        radius=2,
        opacity=_PALE if one.low <= 0 <= one.high else _STRONG,
    )
    interval = f"{_signed(one.low)} to {_signed(one.high)}"
    tooltip(bar, f"{one.word}: {_signed(one.mean)} ({interval}), {one.rows:,} rows")
    canvas.line((scale(one.low), y), (scale(one.high), y), "axis")
    canvas.text((WIDTH - 42, y + 4), _signed(one.mean), "value", anchor="end")
    canvas.text((WIDTH - 4, y + 4), f"{one.rows:,}", "tick", anchor="end")


def _scale(words: Sequence[WordBar]) -> Scale:
    """Let the axis hold every bar and 0; an interval may reach beyond it."""
    means = [0.0, *(one.mean for one in words)]
    spread = max(max(means) - min(means), _LEAST_RANGE)
    ends = [*means, *(min(one.high, one.mean + spread / 2) for one in words)]
    ends += [max(one.low, one.mean - spread / 2) for one in words]
    return Scale(min(ends) * _MARGIN, max(ends) * _MARGIN, _LEFT, WIDTH - _RIGHT)


def deletion_curve(points: Sequence[CurvePoint]) -> Markup:
    """Draw how far the probability falls without some words.

    Args:
        points: By the number of words, at least one.

    Returns:
        The chart: blue without the words with the highest figures, orange without random ones.
    """
    height, left, floor = 270, 50, 222
    told = "; ".join(
        f"{one.words} words: {_signed(one.top[0])}, at random {_signed(one.random[0])}"
        for one in points
    )
    canvas = Canvas(WIDTH, height, f"Fall of the probability without words. {told}")
    x = Scale(-0.3, len(points) - 0.7, left, WIDTH - 14)
    y = _heights(points, floor)
    for tick in ticks(y.low, y.high, 5):
        canvas.line((left, y(tick)), (WIDTH - 14, y(tick)), "axis" if not tick else "grid-line")
        canvas.text((left - 6, y(tick) + 4), f"{tick:.2g}", "tick", anchor="end")
    for place, one in enumerate(points):
        canvas.text((x(place), floor + 16), f"{one.words}", "tick", anchor="middle")
    canvas.text(((left + WIDTH - 14) / 2, height - 8), "words left out", "tick", anchor="middle")
    for number, name in ((1, "random words"), (0, "words with the highest figures")):
        _curve(canvas, (x, y), points, (number, name))
    return canvas.markup()


def _curve(
    canvas: Canvas, scales: tuple[Scale, Scale], points: Sequence[CurvePoint], of: tuple[int, str]
) -> None:
    (x, y), (number, name) = scales, of
    values = [one.random if number else one.top for one in points]
    canvas.polyline(
        [(x(at), y(value)) for at, (value, _, _) in enumerate(values)], f"line-{number}"
    )
    for at, (value, low, high) in enumerate(values):
        if math.isfinite(low) and math.isfinite(high):
            css = "whisker sure" if number else "whisker"
            canvas.line((x(at), y(low)), (x(at), y(high)), css)
        dot = canvas.circle((x(at), y(value)), 4.5, f"series-{number}")
        words = points[at].words
        tooltip(dot, f"without {words} of the {name}: {_signed(-value)} ({points[at].rows:,} rows)")


def _heights(points: Sequence[CurvePoint], floor: float) -> Scale:
    ends = [end for one in points for end in (*one.top, *one.random) if math.isfinite(end)]
    return Scale(min([0.0, *ends]), max([_LEAST_RANGE, *ends]) * _MARGIN, floor, 10)


def _signed(value: float) -> str:
    return f"{round(value, 3) + 0.0:+.3f}"  # no -0.000


def _short(target: str) -> str:
    return fitting(target, 150, _SIZE)
