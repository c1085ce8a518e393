import csv
import io
import itertools
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.preparation.params import PreparationRules
from bert_aas.preparation.summary import PreparationSummary
from bert_aas.preparation.tables import prepare_table
from bert_aas.tables.arrow import parquet
from components.preparer import executor
from components.preparer.columns import RowColumns
from components.preparer.preparing import file_rows
from components.preparer.writing import Written
from tests.components.preparer.examples import (
    SPLITS,
    Row,
    prepare,
    read_rows,
    records,
    write_examples,
)

STARS = {"-1": [1, 2], "0": [3], "1": [4, 5]}


def random_rows(count: int = 400) -> dict[str, list[Row]]:
    draw = random.Random(4)  # noqa: S311 - toy data
    rows: dict[str, list[Row]] = {split: [] for split in SPLITS}
    for number in range(count):
        words = [draw.choice(("soft", "warm", "red", "fits", "<b>well</b>")) for _ in range(4)]
        text = draw.choice(("", " ", "&amp; ")) + draw.choice((" ", "  ")).join(words)
        rows[draw.choices(SPLITS, (8, 1, 1))[0]].append(
            {"text": text, "label": draw.choice("12345"), "row_key": f"r{number}", "age": number}
        )
    return rows


def summary_of(examples: Any) -> PreparationSummary:
    content = Path(examples.uri, "summary.json").read_text(encoding="utf-8")
    return PreparationSummary.model_validate_json(content)


@pytest.mark.parametrize(
    "rules",
    [
        {"label_map": STARS},
        {"label_map": STARS, "balance": "downsample", "conflicts": "drop"},
        {"balance": "upsample", "duplicates": "keep", "conflicts": "keep", "drop_labels": [3]},
        {
            "label_map": STARS,
            "near_duplicates": {"threshold": 0.5, "words": 2},
            "min_characters": 18,
        },
        {"duplicates": "keep", "conflicts": "keep", "label_errors": "drop"},
    ],
)
def test_what_is_written_is_what_the_rules_give_in_memory(
    tmp_path: Path, rules: dict[str, Any]
) -> None:
    rows = random_rows()
    made = prepare(write_examples(tmp_path / "rows", rows), tmp_path / "made", **rules)
    flat = [(split, row) for split in SPLITS for row in rows[split]]
    expected = prepare_table(
        [[row["text"]] for _, row in flat],
        [row["label"] for _, row in flat],
        PreparationRules.model_validate_json(json.dumps(rules)),
        [split for split, _ in flat],
        [row["row_key"] for _, row in flat],
    )
    wanted = Counter(
        {
            (split, given["row_key"], row.texts[0], row.label, given["age"]): copies
            for (split, given), row, copies in zip(
                flat, expected.rows, expected.copies, strict=True
            )
            if copies
        }
    )
    found = Counter(
        (split, row["row_key"].partition("#")[0], row["text"], row["label"], row["age"])
        for split in SPLITS
        for row in read_rows(made, split)
    )
    assert found == wanted
    dropped = parquet.read_table(f"{made.uri}/prepared/dropped.parquet").to_pylist()
    assert {(row["split"], row["key"], row["reason"]) for row in dropped} == {
        (split, given["row_key"], reason.called)
        for (split, given), reason in zip(flat, expected.reasons, strict=True)
        if reason
    }
    summary = summary_of(made)
    assert {
        why: sum(lost.rows.values()) for why, lost in summary.dropped.items()
    } == expected.dropped()
    assert {rule: found.rows for rule, found in summary.changed.items()} == expected.changed()


@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"label_map": {"good": [4, 5]}, "drop_labels": [2], "min_characters": 12},
        {"drop_columns": ["age"], "near_duplicates": {"threshold": 0.5}},
    ],
)
def test_neither_batches_nor_files_make_a_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rules: dict[str, Any]
) -> None:
    rows = random_rows()
    rows["train"] += [
        {"text": None, "label": "1", "row_key": "x1", "age": 1},
        {"row_key": "x2", "absent": 5},
        {"text": "so <i>soft</i>", "title": "a  b", "label": None, "row_key": "x3"},
        {"text": "été 👍 été 👍", "title": "\x1b", "label": "5", "row_key": "x4"},
        {"text": "é" * 11, "label": "5", "row_key": "x5"},
        {"text": "é" * 12, "label": "5", "row_key": "x6"},
    ]
    columns = RowColumns(text="text", text_pair="title", label="label")
    whole = prepare(write_examples(tmp_path / "1", rows, files=1), tmp_path / "a", columns, **rules)
    monkeypatch.setattr(file_rows, "_BATCH_ROWS", 3)
    monkeypatch.setattr(file_rows, "_BATCH_BYTES", 150)
    other = prepare(write_examples(tmp_path / "3", rows, files=3), tmp_path / "b", columns, **rules)
    assert summary_of(other) == summary_of(whole)
    for split in SPLITS:
        assert sorted(records(other, split)) == sorted(records(whole, split))


def test_counts_add_up_and_are_the_properties(tmp_path: Path) -> None:
    rows = random_rows()
    made = prepare(write_examples(tmp_path / "rows", rows), tmp_path / "made", balance="upsample")
    summary = summary_of(made)
    for split, counts in summary.splits.items():
        written = len(read_rows(made, split))
        assert counts.read == len(rows[split]) == counts.kept + counts.dropped
        assert counts.written == written == made.get_int_custom_property(f"rows_{split}")
        assert sum(by_split[split] for by_split in summary.labels_after.values()) == written
        assert sum(by_split[split] for by_split in summary.labels_before.values()) == counts.read
    assert summary.splits["train"].copies > 0
    assert summary.splits["eval"].copies == summary.splits["test"].copies == 0
    assert made.get_int_custom_property("rows_rejected") == 2
    assert made.get_string_custom_property("content_fingerprint") == "abc"
    assert made.get_string_custom_property("file_format") == "tfrecords_gzip"
    keys = [row["row_key"] for row in read_rows(made, "train")]
    assert len(set(keys)) == len(keys)
    assert not Path(made.uri, ".parts").exists()


def test_repetitions_do_not_stand_beside_their_row(tmp_path: Path) -> None:
    rows: dict[str, list[Row]] = {
        split: [
            {"text": f"{split} {n}", "label": "b" if n < 5 else "a", "row_key": f"{n}"}
            for n in range(40)
        ]
        for split in SPLITS
    }
    source = write_examples(tmp_path / "rows", rows, files=1)
    made = prepare(source, tmp_path / "made", balance="upsample")
    keys = [row["row_key"].partition("#")[0] for row in read_rows(made, "train")]
    assert len(keys) == 70
    beside = sum(one == other for one, other in itertools.pairwise(keys))
    assert beside < 10  # not shuffled, 30


def test_rows_that_no_rule_names_keep_their_bytes(tmp_path: Path) -> None:
    rows: dict[str, list[Row]] = {
        split: [
            {"text": f"{split} <b> {n}", "label": str(n % 2), "row_key": f"{n}", "x": n}
            for n in range(9)
        ]
        for split in SPLITS
    }
    rows["train"] += [{"text": None, "label": "1", "row_key": "none"}, dict(rows["train"][0])]
    source = write_examples(tmp_path / "rows", rows)
    nothing: dict[str, Any] = {
        "clean": [],
        "min_characters": 0,
        "duplicates": "keep",
        "conflicts": "keep",
    }
    made = prepare(source, tmp_path / "made", **nothing)
    assert [records(made, split) for split in SPLITS] == [
        records(source, split) for split in SPLITS
    ]
    assert not summary_of(made).dropped
    assert not summary_of(made).changed


def test_the_order_of_rows_and_files_does_not_matter(tmp_path: Path) -> None:
    rows = random_rows(100)
    turned = {split: found[::-1] for split, found in rows.items()}
    rules: dict[str, Any] = {"balance": "downsample", "near_duplicates": {"threshold": 0.5}}
    one = prepare(write_examples(tmp_path / "a", rows, 2), tmp_path / "one", **rules)
    other = prepare(write_examples(tmp_path / "b", turned, 3), tmp_path / "other", **rules)
    assert summary_of(one) == summary_of(other)
    for split in SPLITS:
        assert sorted(records(one, split)) == sorted(records(other, split))


def test_columns_are_left_out(tmp_path: Path) -> None:
    source = write_examples(tmp_path / "rows", random_rows(100))
    made = prepare(source, tmp_path / "made", drop_columns=["age"])
    assert all(set(row) == {"text", "label", "row_key"} for row in read_rows(made, "train"))


def opinions() -> dict[str, list[Row]]:
    """Make 100 rows of two classes for the train split, the first two with the other's label."""

    def row(number: int) -> Row:
        text = ("it is warm and soft", "the zip broke at once")[number % 2]
        label = ("good", "bad")[number % 2 if number > 1 else 1 - number]
        return {"text": f"{text}, number {number}", "label": label, "row_key": f"r{number}"}

    rows = [row(number) for number in range(140)]
    return {
        "train": rows[:100],
        "eval": [*rows[100:120], {**row(0), "text": "it is warm and soft", "row_key": "e"}],
        "test": rows[120:],
    }


@pytest.mark.parametrize(("mode", "written"), [("report", 100), ("drop", 98)])
def test_labels_that_are_probably_wrong_are_listed_and_dropped_on_request(
    tmp_path: Path, mode: str, written: int
) -> None:
    given = write_examples(tmp_path / "rows", opinions())
    made = prepare(given, tmp_path / "made", label_errors=mode)
    summary = summary_of(made)
    assert summary.label_errors is not None
    assert (summary.label_errors.rows, summary.label_errors.dropped) == (2, mode == "drop")
    table = Path(made.uri, "prepared", "label_errors.csv").read_text(encoding="utf-8")
    listed = list(csv.DictReader(io.StringIO(table)))
    assert {(row["key"], row["given"], row["suggested"]) for row in listed} == {
        ("r0", "bad", "good"),
        ("r1", "good", "bad"),
    }
    assert [row["key"] for row in listed] == [row.key for row in summary.label_errors.examples]
    assert float(listed[0]["score"]) <= float(listed[1]["score"]) < 0.1
    assert listed[0]["text"].endswith(f"number {listed[0]['key'][1:]}")
    assert len(read_rows(made, "train")) == written
    assert len(read_rows(made, "eval")) == 21  # nothing but the train split is judged
    expected = {"label_error": {"train": 2}} if mode == "drop" else {}
    assert {why: found.rows for why, found in summary.dropped.items()} == expected


def test_labels_are_judged_before_classes_are_balanced(tmp_path: Path) -> None:
    rows = opinions()
    rows["train"] = rows["train"][:99]
    made = prepare(
        write_examples(tmp_path / "rows", rows),
        tmp_path / "made",
        label_errors="drop",
        balance="downsample",
    )
    counts = Counter(row["label"] for row in read_rows(made, "train"))
    assert counts == {"good": 48, "bad": 48}


def test_without_judging_there_is_no_list(tmp_path: Path) -> None:
    made = prepare(write_examples(tmp_path / "rows", opinions()), tmp_path / "made")
    assert summary_of(made).label_errors is None
    assert not Path(made.uri, "prepared", "label_errors.csv").exists()


def test_pairs_are_one_text(tmp_path: Path) -> None:
    pairs = [("a", "b "), ("a", "b"), ("a", "c"), ("", "x"), ("", " ")]
    rows: dict[str, list[Row]] = {
        split: [
            {"text": one + split, "pair": two, "label": str(n % 2), "row_key": f"{split}{n}"}
            for n, (one, two) in enumerate(pairs)
        ]
        for split in SPLITS
    }
    columns = RowColumns(text="text", text_pair="pair", label="label")
    made = prepare(
        write_examples(tmp_path / "rows", rows), tmp_path / "made", columns, conflicts="keep"
    )
    assert {(row["text"], row["pair"]) for row in read_rows(made, "train")} == {
        ("atrain", "b"),
        ("atrain", "c"),
        ("train", "x"),
        ("train", ""),
    }


def test_examples_do_not_repeat_personal_data(tmp_path: Path) -> None:
    rows = random_rows(60)
    rows["train"].append({"text": "to jo@doe.org", "label": "1", "row_key": "jo"})
    rows["train"].append({"text": "to  jo@doe.org", "label": "1", "row_key": "jo2"})
    made = prepare(
        write_examples(tmp_path / "rows", rows), tmp_path / "made", personal_data=["email"]
    )
    example = summary_of(made).changed["email"].examples[0]
    assert (example.before, example.after) == (None, "to [EMAIL]")
    assert "doe.org" not in Path(made.uri, "summary.json").read_text(encoding="utf-8")
    assert b"doe.org" not in Path(made.uri, "prepared/dropped.parquet").read_bytes()


def test_without_examples_the_summary_has_no_texts(tmp_path: Path) -> None:
    source = write_examples(tmp_path / "rows", random_rows())
    made = prepare(source, tmp_path / "made", examples=0)
    summary = summary_of(made)
    assert summary.dropped
    assert not any(found.examples for found in summary.dropped.values())
    assert not any(found.examples for found in summary.changed.values())


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"drop_columns": ["name"]}, "'name', which is not a column"),
        ({"drop_columns": ["text"]}, "'text', which other sections"),
        ({"min_characters": 1000}, "no row of the split 'train' is left; dropped were: "),
        ({"label_map": {"a": [1, 2, 3, 4, 5]}}, "have the class 'a'; a classifier needs two"),
    ],
)
def test_what_cannot_be_trained_on_is_refused(
    tmp_path: Path, rules: dict[str, Any], said: str
) -> None:
    source = write_examples(tmp_path / "rows", random_rows(100))
    with pytest.raises(InvalidInputError, match=said):
        prepare(source, tmp_path / "made", **rules)
    assert [path.name for path in (tmp_path / "made").iterdir()] == []


def test_a_class_that_training_lacks_is_refused(tmp_path: Path) -> None:
    rows = random_rows(60)
    rows["test"].append({"text": "new", "label": "6", "row_key": "new"})
    source = write_examples(tmp_path / "rows", rows)
    with pytest.raises(InvalidInputError, match="the class '6' has rows in the split 'test'"):
        prepare(source, tmp_path / "made")
    prepare(source, tmp_path / "again", drop_labels=[6])


def test_rows_that_get_lost_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_examples(tmp_path / "rows", random_rows(60))
    monkeypatch.setattr(executor, "Written", one_row_less)
    with pytest.raises(executor.RowCountError, match="should have written"):
        prepare(source, tmp_path / "made")


def one_row_less(split: str, rows: int, *more: Any) -> Written:
    return Written(split, rows - 1, *more)
