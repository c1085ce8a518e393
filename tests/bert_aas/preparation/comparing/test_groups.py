import numpy as np
import pytest

from bert_aas.preparation.comparing.groups import Groups


def as_sets(groups: Groups) -> list[set[int]]:
    """The ranks of each group."""
    owners = np.repeat(groups.ranks, np.diff(groups.ends, prepend=0))
    found = [set(owners[groups.numbers == number].tolist()) for number in range(len(groups.sizes))]
    assert [len(each) for each in found] == groups.sizes.tolist()
    return found


def test_texts_that_share_a_band_are_a_group() -> None:
    bands = np.array([[5, 7, 5, 9], [1, 2, 3, 2]], np.uint64)
    assert as_sets(Groups.by_bands(bands, np.arange(4))) == [{0, 2}, {1, 3}]


def test_a_group_is_named_by_when_its_texts_are_looked_at() -> None:
    bands = np.array([[5, 7, 5, 9]], np.uint64)
    assert as_sets(Groups.by_bands(bands, np.array([2, 3, 0]))) == [{0, 2}]


def test_equal_groups_of_several_bands_are_one() -> None:
    bands = np.array([[5, 7, 5, 9], [1, 2, 1, 2], [8, 4, 8, 8]], np.uint64)
    assert as_sets(Groups.by_bands(bands, np.arange(4))) == [{0, 2}, {1, 3}, {0, 2, 3}]


@pytest.mark.parametrize("seed", range(5))
def test_groups_are_all_that_share_a_band(seed: int) -> None:
    draw = np.random.default_rng(seed)
    bands = draw.integers(0, 60, (6, 80)).astype(np.uint64)
    order = draw.permutation(80)[:70]
    expected = set()
    for band in bands[:, order]:
        same = [frozenset(np.flatnonzero(band == value).tolist()) for value in band]
        expected |= {each for each in same if len(each) > 1}
    found = [frozenset(each) for each in as_sets(Groups.by_bands(bands, order))]
    assert len(found) == len(expected)
    assert set(found) == expected


def test_nothing_in_common_is_no_group() -> None:
    for bands in (np.array([[1, 2, 3]], np.uint64), np.zeros((2, 0), np.uint64)):
        groups = Groups.by_bands(bands, np.arange(bands.shape[1]))
        assert len(groups.ranks) == len(groups.ends) == len(groups.sizes) == 0
