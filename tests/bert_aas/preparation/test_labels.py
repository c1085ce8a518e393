import pytest

from bert_aas.preparation.labels import LabelMap, same_class

STARS = LabelMap({"-1": ["1", "2"], "0": ["3"], "1": ["4", "5"]}, ["0"])


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("5", "1"),
        ("5.0", "1"),
        ("+5", "1"),
        ("05", "1"),
        ("1", "-1"),
        ("6", "6"),
        ("5 stars", "5 stars"),
    ],
)
def test_each_label_is_mapped_once_however_it_is_spelt(label: str, name: str) -> None:
    assert STARS(label) == name


def test_classes_are_dropped_by_their_names_after_the_map() -> None:
    assert STARS.drops("3.0")
    assert STARS.drops("0")
    assert not STARS.drops("1")


def test_words_are_mapped_as_they_are_spelt() -> None:
    words = LabelMap({"positive": ["pos", "Positive"]})
    assert [words("pos"), words("Positive"), words("POS")] == ["positive", "positive", "POS"]


@pytest.mark.parametrize(
    ("label", "spelt"),
    [("-0.0", "0"), ("2.50", "2.5"), ("1e5", "1e5"), ("9" * 41, "9" * 41), ("٣", "٣")],
)
def test_only_plain_numbers_are_numbers(label: str, spelt: str) -> None:
    assert same_class(label) == spelt


def test_numbers_match_however_the_map_spells_them() -> None:
    assert LabelMap({"good": ["4.0"]}, ["3.0"])("4") == "good"
    assert LabelMap({}, ["3.0"]).drops("3")
