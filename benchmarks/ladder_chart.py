"""Draws the serving ladder: a bar per rung, a group per corpus."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.rungs import FLASK
from pipeline.report.charts.svg import Canvas, Scale

_WIDTH, _NAMES, _ROOM, _LINE, _HEAD = 900.0, 330.0, 150.0, 22.0, 40.0
_STYLE = (
    "<style>text{font:13px system-ui,sans-serif;fill:#222}.head{font-weight:600}"
    ".bar{fill:#4c78a8}.baseline{fill:#b0b0b0}svg{background:#fff}</style>"
)


def ladder_chart(corpora: Mapping[str, Mapping[str, Any]]) -> str:
    """Draw the ladder.

    Args:
        corpora: Figures by corpus and rung, as `serving_ladder` finds them.

    Returns:
        A standalone SVG.
    """
    rungs = max(len(figures) for figures in corpora.values())
    height = len(corpora) * (_HEAD + rungs * _LINE) + _LINE
    canvas = Canvas(_WIDTH, height, "Texts per second of each rung, by corpus")
    top = 0.0
    for name, figures in corpora.items():
        canvas.text((8, top + _HEAD * 0.7), f"{name}: texts/s (times the first rung's)", "head")
        _bars(canvas, figures, top + _HEAD)
        top += _HEAD + rungs * _LINE
    start, _, rest = str(canvas.markup()).partition(">")
    return f'{start} xmlns="http://www.w3.org/2000/svg">{_STYLE}{rest}\n'


def write_chart(path: Path | None, corpora: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the chart to a file if one is wanted."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ladder_chart(corpora), encoding="utf-8")


def _bars(canvas: Canvas, figures: Mapping[str, Any], top: float) -> None:
    most = max(each["texts_per_s"]["median"] for each in figures.values())
    scale = Scale(0, most, 0, _WIDTH - _NAMES - _ROOM)
    for place, (title, each) in enumerate(figures.items()):
        rate, y = each["texts_per_s"]["median"], top + place * _LINE
        canvas.text((_NAMES - 8, y + _LINE * 0.7), title, anchor="end")
        css = "baseline" if FLASK in title else "bar"
        canvas.rect((_NAMES, y + 3), (max(1, scale(rate)), _LINE - 6), css, radius=2)
        label = f"{rate:,.0f} ({each['ratio']:g} times)"
        canvas.text((_NAMES + scale(rate) + 8, y + _LINE * 0.7), label)
