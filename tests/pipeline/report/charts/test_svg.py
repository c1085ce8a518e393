import pytest

from pipeline.report.charts.svg import Canvas, Scale, fitting, ticks, tooltip


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 500, [0, 100, 200, 300, 400, 500]),
        (3, 97, [20, 40, 60, 80]),
        (2, 2, [2]),
    ],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


def test_scale_is_linear_and_stays_inside() -> None:
    scale = Scale(0, 10, 100, 200)
    assert [scale(value) for value in (0, 5, 10, 11, -1)] == [100, 150, 200, 200, 100]


def test_texts_tooltips_and_labels_are_escaped() -> None:
    canvas = Canvas(10, 10, 'label <b>&"')
    canvas.text((0, 0), "<b>&")
    tooltip(canvas.circle((1, 1), 1, "dot"), "<i>")
    markup = canvas.markup()
    assert "<b>" not in markup
    assert "<i>" not in markup
    assert 'aria-label="label &lt;b&gt;&amp;&quot;"' in markup
    assert 'role="img"' in markup


def test_fitting_cuts_what_is_too_long() -> None:
    assert fitting("short", 100, 12) == "short"
    assert fitting("a" * 50, 62, 10) == "aaaaa…aaaa"
