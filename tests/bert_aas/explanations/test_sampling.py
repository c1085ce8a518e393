"""Rows of each class, the same whatever order they come in."""

import random

import pytest

from bert_aas.explanations.sampling import ClassSample, shared_out


def chosen(rows: list[tuple[str, bytes]], count: int) -> list[bytes]:
    sample = ClassSample(count)
    for label, row in rows:
        sample.add(label, row, row)
    return sample.chosen()


def rows_of(**counts: int) -> list[tuple[str, bytes]]:
    return [
        (label, f"{label} {number}".encode()) for label in counts for number in range(counts[label])
    ]


def test_classes_have_equal_parts() -> None:
    found = chosen(rows_of(good=900, bad=50, fine=2), 42)
    of_class = [row.split()[0].decode() for row in found]
    assert [of_class.count(label) for label in ("bad", "fine", "good")] == [20, 2, 20]
    assert len(set(found)) == 42


def test_order_does_not_matter() -> None:
    rows = rows_of(good=80, bad=80)
    shuffled = random.Random(3).sample(rows, len(rows))  # noqa: S311 - not a secret
    assert chosen(rows, 30) == chosen(shuffled, 30)
    assert chosen(rows, 30) != [row for _, row in rows[:15] + rows[80:95]]  # not the first ones


def test_all_rows_where_there_is_room() -> None:
    rows = rows_of(good=3, bad=4)
    assert set(chosen(rows, 100)) == {row for _, row in rows}
    assert chosen([], 100) == []


def test_more_rows_keep_those_of_fewer() -> None:
    rows = rows_of(good=80, bad=80)
    assert set(chosen(rows, 10)) < set(chosen(rows, 20))


def test_what_was_seen() -> None:
    sample = ClassSample(1)
    for label, row in rows_of(b=3, a=2):
        sample.add(label, row, row)
    assert sample.seen == {"a": 2, "b": 3}


@pytest.mark.parametrize(
    ("places", "wanted", "expected"),
    [
        (10, {"a": 9, "b": 9}, {"a": 5, "b": 5}),
        (10, {"a": 1, "b": 9, "c": 9}, {"a": 1, "b": 5, "c": 4}),
        (2, {"c": 9, "b": 9, "a": 9}, {"a": 1, "b": 1, "c": 0}),
        (10, {"a": 1, "b": 2}, {"a": 1, "b": 2}),
        (10, {}, {}),
        (100, {"a": 3, "b": 50, "c": 200}, {"a": 3, "b": 49, "c": 48}),
    ],
)
def test_places_are_shared_out(
    places: int, wanted: dict[str, int], expected: dict[str, int]
) -> None:
    assert shared_out(places, wanted) == expected
