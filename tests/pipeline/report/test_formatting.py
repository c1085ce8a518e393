import math

import pytest

from pipeline.report.formatting import (
    clock,
    duration,
    in_words,
    metric,
    number,
    share,
    shorten,
    two_lines,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (12345, "12,345"),
        (0.81234, "0.8123"),
        (0.1, "0.1"),
        (1e-4, "1e-4"),
        (2.2e-4, "2.2e-4"),
        (3.0, "3"),
        (123456.7, "123,457"),
        (True, "yes"),
        ((1, 2.5), "1, 2.5"),
        (2.99999, "3"),
        ((), "\N{EN DASH}"),
        (None, "\N{EN DASH}"),
        (math.nan, "\N{EN DASH}"),
        (math.inf, "inf"),
        ("none", "none"),
    ],
)
def test_number(value: object, expected: str) -> None:
    assert number(value) == expected


def test_number_without_digits_keeps_its_zeros() -> None:
    assert number(149.6, 0) == "150"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.1234, "12.3 %"), (0.0, "0.0 %"), (0.0001, "< 0.1 %"), (math.nan, "\N{EN DASH}")],
)
def test_share(value: float, expected: str) -> None:
    assert share(value) == expected


@pytest.mark.parametrize(
    ("seconds", "expected", "short"),
    [
        (0.04, "0.0 s", "0.0 s"),
        (9.96, "10 s", "10 s"),
        (59.4, "59 s", "59 s"),
        (65, "1 min 5 s", "1:05 min"),
        (7800, "2 h 10 min", "2:10 h"),
    ],
)
def test_duration_and_clock(seconds: float, expected: str, short: str) -> None:
    assert duration(seconds) == expected
    assert clock(seconds) == short


def test_metric_has_three_digits() -> None:
    assert metric(0.5) == "0.500"
    assert metric(None) == "\N{EN DASH}"


def test_shorten_keeps_both_ends() -> None:
    assert shorten("abcdefghij", 7) == "abc…hij"
    assert shorten("abc", 7) == "abc"


def test_in_words() -> None:
    assert in_words("macro_f1") == "Macro F1"
    assert in_words("auc") == "AUC"


def test_two_lines_are_of_about_the_same_length() -> None:
    assert two_lines(["Example", "Validator"]) == ["Example", "Validator"]
    assert two_lines(["A", "Very", "Long", "Name"]) == ["AVery", "LongName"]
    assert two_lines(["Trainer"]) == ["Trainer"]
