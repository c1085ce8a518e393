import hashlib

import numpy as np
import pytest

from components.example_gen.params import DataParams, SplitFractions
from components.example_gen.reading.batches import RowBatch
from components.example_gen.splitting.splits import (
    SPLITS,
    Hashes,
    SplitPlan,
    SplitPlanner,
    text_hashes,
)

TOP = 2**64


def text_hash(params: DataParams, text: str | None, pair: str | None = None, row: int = 1) -> int:
    [value] = text_hashes(RowBatch("a.csv", [row], {"text": [text], "pair": [pair]}), params)
    return int(value)


def hashes_of(count: int, seed: int = 0) -> list[int]:
    digests = (hashlib.sha256(f"{seed}/{n}".encode()).digest() for n in range(count))
    return [int.from_bytes(digest[:8], "big") for digest in digests]


def plan_splits(hashes: dict[str, list[int]], params: DataParams) -> SplitPlan:
    """Plan with the rows in two halves that are merged."""
    first, second = SplitPlanner(params), SplitPlanner(params)
    for label, values in hashes.items():
        half = len(values) // 2
        first.add(packed(values[:half]), [label] * half)
        second.add(packed(values[half:]), [label] * (len(values) - half))
    first.merge(second)
    return first.plan()


def packed(hashes: list[int]) -> Hashes:
    return np.array(hashes, np.uint64)


def splits_of(plan: SplitPlan, hashes: list[int], label: str) -> list[str]:
    return [SPLITS[place] for place in plan.places_of(packed(hashes), [label] * len(hashes))]


def count(plan: SplitPlan, hashes: dict[str, list[int]]) -> dict[str, dict[str, int]]:
    counts = {label: dict.fromkeys(("train", "eval", "test"), 0) for label in hashes}
    for label, values in hashes.items():
        for split in splits_of(plan, values, label):
            counts[label][split] += 1
    return counts


def test_the_hash_is_the_first_8_bytes_of_sha256() -> None:
    # printf 'good' | sha256sum
    assert text_hash(DataParams(path="x"), " good\n") == 0x770E607624D68926


def test_the_pair_takes_part_in_the_hash() -> None:
    params = DataParams(path="x", text_pair_column="pair")
    assert text_hash(params, "a", "b") != text_hash(params, "a", "c")
    assert text_hash(params, "a", "b") == text_hash(params, "a ", " b", 9)


def test_rows_without_text_do_not_all_share_a_split() -> None:
    params = DataParams(path="x")
    hashes = {text_hash(params, text, row=n) for n in range(50) for text in (None, " ")}
    assert len(hashes) == 50


def test_unstratified_cuts_are_the_fractions() -> None:
    fractions = SplitFractions(train=0.5, eval=0.25, test=0.25)
    hashes = {"a": [0, TOP // 2 - 1, TOP // 2, TOP // 4 * 3, TOP - 1]}
    plan = plan_splits(hashes, DataParams(path="x", splits=fractions))
    expected = ["train", "train", "eval", "test", "test"]
    assert splits_of(plan, hashes["a"], "a") == expected
    assert plan.rows == {"train": 2, "eval": 1, "test": 2}


def test_unstratified_cuts_are_known_before_any_row() -> None:
    params = DataParams(path="x")
    assert SplitPlanner(params).plan().cuts == plan_splits({"a": hashes_of(50)}, params).cuts


@pytest.mark.parametrize("stratify", [False, True])
def test_no_rows_make_a_plan_without_rows(stratify: bool) -> None:
    plan = SplitPlanner(DataParams(path="x", stratify=stratify)).plan()
    assert plan.rows == {"train": 0, "eval": 0, "test": 0}


def test_rows_added_later_move_no_text_of_an_unstratified_split() -> None:
    params = DataParams(path="x")
    small = plan_splits({"a": hashes_of(50)}, params)
    large = plan_splits({"a": hashes_of(50), "b": hashes_of(500, seed=1)}, params)
    assert splits_of(small, hashes_of(50), "a") == splits_of(large, hashes_of(50), "a")


def test_stratified_splits_hold_the_same_share_of_every_class() -> None:
    hashes = {"rare": hashes_of(20, 1), "common": hashes_of(1000, 2)}
    plan = plan_splits(hashes, DataParams(path="x", stratify=True))
    assert count(plan, hashes) == {
        "rare": {"train": 16, "eval": 2, "test": 2},
        "common": {"train": 800, "eval": 100, "test": 100},
    }
    assert plan.rows == {"train": 816, "eval": 102, "test": 102}


def test_a_text_with_two_labels_stays_in_one_split_when_stratified() -> None:
    shared = hashes_of(300, 1)
    hashes = {"a": shared + hashes_of(300, 2), "b": shared + hashes_of(900, 3)}
    plan = plan_splits(hashes, DataParams(path="x", stratify=True))
    assert len(plan.owners) == 300
    assert splits_of(plan, shared, "a") == splits_of(plan, shared, "b")
    total = count(plan, hashes)
    assert {s: total["a"][s] + total["b"][s] for s in plan.rows} == plan.rows


def test_a_text_that_fills_a_class_cannot_be_cut() -> None:
    hashes = {"a": [5] * 10, "b": hashes_of(100)}
    plan = plan_splits(hashes, DataParams(path="x", stratify=True))
    assert sorted(count(plan, hashes)["a"].values()) == [0, 0, 10]


@pytest.mark.parametrize("stratify", [False, True])
def test_a_plan_survives_json(stratify: bool) -> None:
    shared = hashes_of(10, 1)
    plan = plan_splits({"a": shared, "b": shared}, DataParams(path="x", stratify=stratify))
    assert SplitPlan.model_validate_json(plan.model_dump_json()) == plan


def test_fractions_that_do_not_add_up_are_refused() -> None:
    fractions = SplitFractions(train=0.5, eval=0.1, test=0.1)
    with pytest.raises(ValueError, match=r"must add up to 1, they add up to 0\.7"):
        DataParams(path="x", splits=fractions)


def test_columns_must_differ() -> None:
    with pytest.raises(ValueError, match="must differ"):
        DataParams(path="x", text_column="a", label_column="a")
