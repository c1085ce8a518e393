from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from bert_aas.features.snapshots import IN_ORDER
from components.example_gen.params import DataParams
from components.example_gen.reading.batches import RowBatch
from components.example_gen.reading.column_types import ColumnType
from components.example_gen.reading.rows import BadRow
from components.example_gen.splitting.splits import SplitPlan, split_keys
from components.example_gen.writing.parts import WritePlan, opened_parts, order_hashes, read_sorted

TOP = 2**64
PARAMS = DataParams(path="x")
COLUMNS = {"text": ColumnType.BYTES, "label": ColumnType.BYTES}


def plan(folder: Path, train_shards: int = 1) -> WritePlan:
    """Send every row to the train split."""
    splits = SplitPlan(cuts=(TOP - 2, TOP - 1), rows={})
    shards = {"train": train_shards, "eval": 1, "test": 1}
    return WritePlan(PARAMS, splits, shards, {"parts": str(folder / "parts")})


def batch_of(
    file: str, numbers: list[int], texts: list[str] | None = None, bad: tuple[BadRow, ...] = ()
) -> RowBatch:
    texts = texts or [f"text {number}" for number in numbers]
    return RowBatch(file, numbers, {"text": texts, "label": ["1"] * len(numbers)}, bad)


def write(where: WritePlan, *batches: RowBatch) -> dict[tuple[str, int], str]:
    with opened_parts(where, COLUMNS) as parts:
        for batch in batches:
            parts.add(batch, split_keys(batch, PARAMS))
    return parts.paths


def texts_of(records: list[bytes]) -> list[str]:
    examples = map(tf.train.Example.FromString, records)
    return [each.features.feature["text"].bytes_list.value[0].decode() for each in examples]


def test_rows_are_read_in_the_order_of_their_hashes(tmp_path: Path) -> None:
    numbers = list(range(1, 1001))
    paths = write(
        plan(tmp_path), batch_of("a.csv", numbers[:700]), batch_of("a.csv", numbers[700:])
    )
    order = np.argsort(order_hashes(batch_of("a.csv", numbers)))
    assert list(paths) == [("train", 0)]
    assert texts_of(read_sorted(paths.values())) == [f"text {numbers[place]}" for place in order]


def test_rows_that_were_shuffled_before_keep_their_order(tmp_path: Path) -> None:
    numbers = list(range(1, 101))
    paths = write(plan(tmp_path), batch_of(f"{IN_ORDER}a.parquet", numbers))
    assert texts_of(read_sorted(paths.values())) == [f"text {number}" for number in numbers]


def test_every_shard_gets_its_share(tmp_path: Path) -> None:
    paths = write(plan(tmp_path, train_shards=3), batch_of("a.csv", list(range(900))))
    found = {shard: texts_of(read_sorted([path])) for shard, path in paths.items()}
    assert sorted(found) == [("train", 0), ("train", 1), ("train", 2)]
    assert sorted(text for texts in found.values() for text in texts) == sorted(
        f"text {number}" for number in range(900)
    )
    assert all(len(texts) > 200 for texts in found.values())


def test_long_rows_do_not_wait_in_memory(tmp_path: Path) -> None:
    where = plan(tmp_path)
    with opened_parts(where, COLUMNS) as parts:
        batch = batch_of("a.csv", list(range(5)), ["x" * 2**20] * 5)
        parts.add(batch, split_keys(batch, PARAMS))
        [path] = parts.paths.values()
        assert Path(path).stat().st_size > 5 * 2**20


@pytest.mark.parametrize("turned", [False, True])
def test_rows_of_one_hash_have_one_order(tmp_path: Path, turned: bool) -> None:
    paths = [
        write(plan(tmp_path), batch_of("a.csv", [7], [text]))["train", 0] for text in ("b", "a")
    ]
    assert texts_of(read_sorted(reversed(paths) if turned else paths)) == ["a", "b"]


def test_rejected_rows_are_read_by_line_then_file(tmp_path: Path) -> None:
    where = plan(tmp_path)
    paths = []
    for file in ("b.csv", "a.csv"):
        bad = (BadRow(file, 20, "late"), BadRow(file, 3, "early"))
        paths.append(write(where, batch_of(file, [], bad=bad))["rejected", 0])
    assert read_sorted(paths) == [
        b'{"file": "a.csv", "line": 3, "reason": "early"}',
        b'{"file": "b.csv", "line": 3, "reason": "early"}',
        b'{"file": "a.csv", "line": 20, "reason": "late"}',
        b'{"file": "b.csv", "line": 20, "reason": "late"}',
    ]


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
