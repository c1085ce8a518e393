from decimal import Decimal

import pytest

from bert_aas.contracts.figures import decimals_that_show, plain


@pytest.mark.parametrize(
    ("value", "bound", "decimals"),
    [
        (0.5, 0.6, 4),
        (0.6, 0.6, 4),
        (0.59996, 0.6, 5),  # 0.6000 would reach it
        (0.60004, 0.6, 4),  # 0.6000 reaches it, too
        (0.599999996, 0.6, 9),
        (0.99697, 0.997, 5),
    ],
)
def test_rounded_figures_lead_to_the_same_decision(
    value: float, bound: float, decimals: int
) -> None:
    assert decimals_that_show(lambda v: v >= Decimal(str(bound)), value) == decimals


def test_two_figures_are_rounded_alike() -> None:
    # 0.83996 and 0.85 are 0.01004 apart; 0.8400 and 0.8500 would be 0.01.
    decide = lambda value, baseline: value - baseline >= Decimal("-0.01")  # noqa: E731
    assert decimals_that_show(decide, 0.83996, 0.85) == 5


@pytest.mark.parametrize(
    ("bound", "text"), [(0.6, "0.6"), (1.0, "1"), (0.123456789, "0.123456789")]
)
def test_bounds_are_printed_as_they_were_written(bound: float, text: str) -> None:
    assert plain(bound) == text
