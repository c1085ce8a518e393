"""Figures against limits, in a sentence."""

import pytest

from bert_aas.bias.figures import BiasReport, Comparison, Figure, Side, verdict


def report(*figures: Figure, few: str = "") -> BiasReport:
    one = Comparison("sex", "f", ("yes",), Side(40, 20), Side(60, 10), figures, few)
    return BiasReport("hired", None, ("no", "yes"), 100, 0, {}, (one,), 1)


@pytest.mark.parametrize(("value", "count"), [(0.2, 0), (0.21, 1), (-0.21, 1), (None, 0)])
def test_a_limit_is_a_distance_from_zero(value: float | None, count: int) -> None:
    assert len(report(Figure("DPL", value)).beyond({"DPL": 0.2})) == count


def test_only_metrics_with_a_limit_are_judged() -> None:
    assert report(Figure("DPL", 0.9)).beyond({"CI": 0.2}) == []


def test_the_sentence_has_metric_facet_value_and_limit() -> None:
    (found,) = report(Figure("DPL", 0.333)).beyond({"DPL": 0.2})
    assert found.sentence == (
        "DPL of sex = f for the class yes is 0.3330, and at most 0.2 is allowed"
    )


def test_the_sentence_shows_enough_decimals() -> None:
    (found,) = report(Figure("DPL", 0.2000001)).beyond({"DPL": 0.2})
    assert "is 0.2000001, and at most 0.2" in found.sentence


def test_the_sentence_says_that_there_are_too_few_rows() -> None:
    (found,) = report(Figure("DPL", 0.5), few="too few rows: so few").beyond({"DPL": 0.2})
    assert found.sentence.endswith("is allowed; too few rows: so few")


def test_the_verdict() -> None:
    found = report(Figure("DPL", 0.1))
    assert verdict(found.beyond({}), {}) == ""
    assert verdict(found.beyond({"DPL": 0.2}), {"DPL": 0.2}) == (
        "every figure is within its limit (DPL 0.2)"
    )
