import pytest

from pipeline.predictions.class_order import natural_order


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["1", "-1", "0", "10", "2"], ["-1", "0", "1", "2", "10"]),
        (["0.5", "-3", "1e2"], ["-3", "0.5", "1e2"]),
        (["pear", "Apple", "fig"], ["Apple", "fig", "pear"]),
        (["star 10", "star 2", "1"], ["1", "star 2", "star 10"]),
        (["nan", "1", "0"], ["0", "1", "nan"]),
        ([], []),
    ],
)
def test_natural_order(names: list[str], expected: list[str]) -> None:
    assert natural_order(names) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["10", "9", "-1", "0"], ["-1", "0", "9", "10"]),
        (["neutral", "bad", "good"], ["bad", "good", "neutral"]),
        (["b", "3", "a", "1.5"], ["1.5", "3", "a", "b"]),
        (["2", "2.0", "02"], ["02", "2", "2.0"]),
        ([], []),
    ],
)
def test_numbers_come_first(names: list[str], expected: list[str]) -> None:
    assert natural_order(names) == expected


@pytest.mark.parametrize("names", [["nan", "1", "0", "good"], ["1", "nan", "good", "0"]])
def test_a_class_named_nan_is_a_word(names: list[str]) -> None:
    assert natural_order(names) == ["0", "1", "good", "nan"]
