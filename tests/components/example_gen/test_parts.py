import numpy as np

from components.example_gen.batches import RowBatch
from components.example_gen.parts import order_hashes


def batch_of(file: str, numbers: list[int]) -> RowBatch:
    return RowBatch(file, numbers, {})


def test_a_rows_place_depends_on_file_and_number_alone() -> None:
    together = order_hashes(batch_of("a.csv", [1, 2, 5]))
    assert [int(order_hashes(batch_of("a.csv", [n]))[0]) for n in (1, 2, 5)] == together.tolist()
    assert not set(together.tolist()) & set(order_hashes(batch_of("b.csv", [1, 2, 5])).tolist())


def test_rows_are_spread_evenly_over_the_range_and_over_shards() -> None:
    hashes = order_hashes(batch_of("a.csv", list(range(1, 30_001))))
    assert len(set(hashes.tolist())) == 30_000
    top = np.bincount((hashes >> np.uint64(61)).astype(int), minlength=8)
    low = np.bincount((hashes % np.uint64(3)).astype(int), minlength=3)
    # Five standard deviations of a binomial distribution.
    assert np.abs(top - 30_000 / 8).max() < 5 * (30_000 / 8 * 7 / 8) ** 0.5
    assert np.abs(low - 30_000 / 3).max() < 5 * (30_000 / 3 * 2 / 3) ** 0.5


def test_neighbours_do_not_stay_neighbours() -> None:
    order = np.argsort(order_hashes(batch_of("a.csv", list(range(1, 10_001)))))
    # Of a random order, two rows in 10,000 places follow each other as they did.
    assert (np.diff(order) == 1).sum() < 10
