from typing import Any

from benchmarks.rungs import Rung
from benchmarks.serving_ladder import add_ratios


def test_ratios_over_the_whole_ladder_and_within_a_model() -> None:
    rungs = [Rung("large", "slow", 1), Rung("large", "fast", 2), Rung("small", "slow", 3)]
    rungs.append(Rung("small", "fast", 4))
    rates = dict(zip((rung.title for rung in rungs), (2.0, 5.0, 8.0, 100.0), strict=True))
    figures: dict[str, Any] = {
        title: {"texts_per_s": {"median": rate}} for title, rate in rates.items()
    }

    add_ratios(rungs, figures)

    assert [each["ratio"] for each in figures.values()] == [1.0, 2.5, 4.0, 50.0]
    assert [each["model_ratio"] for each in figures.values()] == [1.0, 2.5, 1.0, 12.5]
