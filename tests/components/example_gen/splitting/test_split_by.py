"""Splits by group and by time, over random tables."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.values import Value
from components.example_gen.params import DataParams, SplitBy
from components.example_gen.preflight import inspect
from components.example_gen.reading.batches import RowBatch
from components.example_gen.splitting.splits import (
    SPLITS,
    SplitPlan,
    SplitPlanner,
    split_keys,
    text_hashes,
)
from tests.components.example_gen.tables import params_for, reviews, write_table

BY_GROUP = DataParams(path="x", split_by=SplitBy(group="customer"))
BY_TIME = DataParams(path="x", split_by=SplitBy(time="when", cuts=("2026-01-01", "2026-03-01")))
BY_NAME = DataParams(path="x", split_by=SplitBy(split="part"))
FIRST, SECOND = datetime(2026, 1, 1), datetime(2026, 3, 1)

groups = st.none() | st.sampled_from(["a", " a", "b", "c\n", "7", 7, 7.0, "ü", ""]) | st.text()
times = st.one_of(
    st.datetimes(),
    st.datetimes(datetime(2025, 12, 31), datetime(2026, 3, 2)),
    st.sampled_from([FIRST, SECOND]),
)


def divided(
    params: DataParams, column: str, values: Sequence[Value]
) -> tuple[list[str], SplitPlan, dict[str, tuple[int, int, int]]]:
    """Plan with the rows in two batches; give each row's split, the plan and the counted rows."""
    labels = ["ab"[n % 2] for n in range(len(values))]
    texts = [f"text {n}" for n in range(len(values))]
    planners = [SplitPlanner(params), SplitPlanner(params)]
    keys = []
    for half, planner in enumerate(planners):
        part = slice(half, None, 2)
        columns: dict[str, Sequence[Value]] = {"text": texts[part], column: values[part]}
        keys.append(split_keys(RowBatch("f", range(len(texts[part])), columns), params))
        planner.add(keys[half], labels[part])
    planners[0].merge(planners[1])
    plan = planners[0].plan()
    places = np.zeros(len(values), int)
    for half in range(2):
        places[half::2] = plan.places_of(keys[half], labels[half::2])
    return [SPLITS[place] for place in places], plan, planners[0].rows_by_label(plan)


def check_counts(splits: list[str], plan: SplitPlan, rows: dict[str, tuple[int, int, int]]) -> None:
    counted = {split: splits.count(split) for split in SPLITS}
    assert plan.rows == counted
    assert [sum(places) for places in zip((0, 0, 0), *rows.values(), strict=True)] == [
        *counted.values()
    ]


@given(st.lists(groups, max_size=60))
def test_a_group_is_never_in_two_splits(values: list[Value]) -> None:
    splits, plan, rows = divided(BY_GROUP, "customer", values)
    where = defaultdict(set)
    for value, split in zip(values, splits, strict=True):
        where[str(value).removesuffix(".0").strip()].add(split)
    assert all(len(found) == 1 for group, found in where.items() if group not in {"None", ""})
    check_counts(splits, plan, rows)


@given(st.lists(times, max_size=60))
def test_a_time_is_never_on_the_wrong_side_of_a_cut(moments: list[datetime]) -> None:
    splits, plan, rows = divided(BY_TIME, "when", [str(moment) for moment in moments])
    assert splits == [
        "train" if moment < FIRST else "eval" if moment < SECOND else "test" for moment in moments
    ]
    check_counts(splits, plan, rows)


@given(st.lists(st.sampled_from(SPLITS), max_size=60))
def test_a_name_is_the_split(names: list[str]) -> None:
    splits, plan, rows = divided(BY_NAME, "part", names)
    assert splits == names
    check_counts(splits, plan, rows)


@pytest.mark.parametrize("name", ["csv", "jsonl"])
def test_a_row_whose_name_is_no_split_cannot_be_used(tmp_path: Path, name: str) -> None:
    rows = reviews(63)
    for place, row in enumerate(rows):
        row["part"] = SPLITS[place // 3 % 3]
    path = write_table(tmp_path, name, rows)
    params = params_for(path, split_by=SplitBy(split="part"))
    assert inspect(params).plan.rows == {"train": 21, "eval": 21, "test": 21}
    rows[6]["part"] = "validation"
    write_table(tmp_path, name, rows)
    with pytest.raises(InvalidInputError, match=r"neither train, eval nor test \(column 'part'\)"):
        inspect(params)


def test_a_split_that_no_row_names(tmp_path: Path) -> None:
    rows = [{**row, "part": "train"} for row in reviews(60)]
    path = write_table(tmp_path, "csv", rows)
    with pytest.raises(InvalidInputError, match="is named 'eval' in column 'part'"):
        inspect(params_for(path, split_by=SplitBy(split="part")))


def test_groups_share_the_rows_by_the_fractions() -> None:
    _, plan, _ = divided(BY_GROUP, "customer", [f"customer {n // 2}" for n in range(8000)])
    # 4,000 groups of two rows: six standard deviations of a binomial are 302 and 228 rows.
    assert abs(plan.rows["train"] - 6400) < 302
    assert abs(plan.rows["test"] - 800) < 228


def test_rows_without_a_group_are_split_by_their_texts() -> None:
    batch = RowBatch(
        "f", range(4), {"text": ["a", "b", "a", None], "customer": [None, " ", None, ""]}
    )
    keys = split_keys(batch, BY_GROUP)
    assert keys.tolist() == text_hashes(batch, BY_GROUP).tolist()
    assert len(set(keys.tolist())) == 3


def test_a_number_is_one_group_in_every_type() -> None:
    batch = RowBatch("f", range(3), {"text": ["a", "b", "c"], "customer": ["7", 7, 7.0]})
    assert len(set(split_keys(batch, BY_GROUP).tolist())) == 1


def test_the_earliest_and_latest_time_are_those_of_all_files() -> None:
    planners = [SplitPlanner(BY_TIME), SplitPlanner(BY_TIME), SplitPlanner(BY_TIME)]
    for planner, days in zip(
        planners, (["2026-02-02"], ["2026-03-03", "2026-01-01"]), strict=False
    ):
        batch = RowBatch("f", range(len(days)), {"when": days})
        planner.add(split_keys(batch, BY_TIME), ["a"] * len(days))
    for planner in planners[1:]:
        planners[0].merge(planner)
    assert planners[0].times() == ("2026-01-01T00:00:00Z", "2026-03-03T00:00:00Z")


def test_a_group_decides_alone_whatever_the_text() -> None:
    batch = RowBatch("f", range(2), {"text": ["a", "b"], "customer": ["x", "x"]})
    [first, second] = split_keys(batch, BY_GROUP)
    assert first == second
    assert first not in text_hashes(batch, BY_GROUP)


def timed(count: int, start: str = "2025-12-01") -> list[dict[str, Any]]:
    """Make reviews, one a day."""
    first = datetime.fromisoformat(start).replace(tzinfo=timezone.utc).timestamp()
    days = [datetime.fromtimestamp(first + 86400 * n, timezone.utc) for n in range(count)]
    return [row | {"when": str(day)} for row, day in zip(reviews(count), days, strict=True)]


def test_preflight_counts_by_time_and_class(tmp_path: Path) -> None:
    path = write_table(tmp_path, "csv", timed(120))
    summary = inspect(params_for(path, split_by=BY_TIME.split_by))
    assert summary.plan.rows == {"train": 31, "eval": 59, "test": 30}
    assert summary.times == ("2025-12-01T00:00:00Z", "2026-03-30T00:00:00Z")


def refusal(tmp_path: Path, rows: list[dict[str, Any]], by: SplitBy) -> str:
    path = write_table(tmp_path, "csv", rows)
    with pytest.raises(InvalidInputError) as caught:
        inspect(params_for(path, split_by=by))
    return str(caught.value).replace(str(path), "FILE")


def test_cuts_that_leave_a_split_without_rows_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, timed(60), BY_TIME.split_by) == (
        "data.split_by: the cuts 2026-01-01T00:00:00Z and 2026-03-01T00:00:00Z leave the split "
        "'test' of 'FILE' (60 rows) without a row: the times in column 'when' reach from "
        "2025-12-01T00:00:00Z to 2026-01-29T00:00:00Z; move data.split_by.cuts."
    )


def test_one_group_for_all_is_refused(tmp_path: Path) -> None:
    rows = [row | {"category": "same"} for row in reviews(60)]
    assert refusal(tmp_path, rows, SplitBy(group="category")) == (
        "data.split_by: with whole groups of column 'category' the split 'eval' of 'FILE' "
        "(60 rows) gets no row; give more groups or enlarge data.splits.eval."
    )


def test_a_class_that_comes_late_is_refused_with_a_cure_that_helps(tmp_path: Path) -> None:
    rows = [row | ({"label": "new"} if n > 100 else {}) for n, row in enumerate(timed(120))]
    said = refusal(tmp_path, rows, BY_TIME.split_by)
    assert said.startswith("data: no row of label 'new' (19 rows: 19 in test) falls into the train")
    assert said.endswith(
        "; move data.split_by.cuts, give more rows of that label, or leave it out."
    )


def test_a_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    said = refusal(tmp_path, reviews(60), SplitBy(group="customer"))
    assert said.startswith("data.path: 'reviews.csv' has no column 'customer'; its columns are")


def test_a_row_without_time_is_refused_with_its_line(tmp_path: Path) -> None:
    rows = timed(120)
    rows[2]["when"], rows[3]["when"] = "soon", ""
    assert refusal(tmp_path, rows, BY_TIME.split_by) == (
        "data: reviews.csv, line 6: neither an ISO 8601 time nor seconds since 1970 (column 'when')"
        " (2 of 120 rows cannot be used); correct the file, or set data.bad_rows: reject to leave "
        "such rows out."
    )


@pytest.mark.parametrize("file_format", ["csv", "jsonl", "parquet"])
def test_rows_without_time_are_rejected_on_request(tmp_path: Path, file_format: str) -> None:
    rows = timed(120)
    rows[2]["when"], rows[3]["when"] = "soon", ""
    path = write_table(tmp_path, file_format, rows)
    summary = inspect(params_for(path, split_by=BY_TIME.split_by, bad_rows="reject"))
    assert (summary.rows, summary.bad_rows) == (118, 2)
    assert summary.plan.rows == {"train": 29, "eval": 59, "test": 30}


def test_folders_may_give_the_time(tmp_path: Path) -> None:
    for month, rows in (("2025-12-01", 60), ("2026-02-01", 30), ("2026-03-01", 30)):
        folder = tmp_path / "table" / f"when={month}"
        folder.mkdir(parents=True)
        write_table(folder, "csv", reviews(rows))
    summary = inspect(params_for(tmp_path / "table", split_by=BY_TIME.split_by))
    assert summary.plan.rows == {"train": 60, "eval": 30, "test": 30}


def test_a_folder_without_a_time_has_rows_without_time(tmp_path: Path) -> None:
    for month in ("2025-12-01", "2026-02-01", "2026-03-01", "later"):
        folder = tmp_path / "table" / f"when={month}"
        folder.mkdir(parents=True)
        write_table(folder, "csv", reviews(30))
    params = params_for(tmp_path / "table", split_by=BY_TIME.split_by, bad_rows="reject")
    assert inspect(params).bad_rows == 30
