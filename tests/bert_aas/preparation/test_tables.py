"""Random tables: what a preparation does, against what its rules say in plain Python."""

from collections import Counter, defaultdict
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bert_aas.preparation.params import CleaningStep, PersonalData, PreparationRules
from bert_aas.preparation.rows import Reason
from bert_aas.preparation.tables import PreparedTable, prepare_table

SPLITS = ("train", "eval", "test")
TEXTS = st.sampled_from(
    [
        "soft",
        " soft",
        "<b>soft</b>",
        "warm",
        "warm &amp; soft",
        "",
        "  ",
        "a@b.co",
        "x",
        "&amp;amp;amp;",
    ]
) | st.text("ab <&;", max_size=4)
LABELS = st.sampled_from(["1", "2", "2.0", "3", "good", ""])
ROWS = st.lists(st.tuples(TEXTS, LABELS, st.sampled_from(SPLITS)), max_size=30)
RULES = st.builds(
    PreparationRules,
    clean=st.lists(st.sampled_from(get_args(CleaningStep)), unique=True).map(tuple),
    personal_data=st.lists(st.sampled_from(get_args(PersonalData)), unique=True).map(tuple),
    label_map=st.sampled_from([{}, {"bad": ("1", "2")}, {"1": ("3", "good"), "0": ("2",)}]),
    drop_labels=st.sampled_from([(), ("bad",), ("1", "good")]),
    min_characters=st.integers(0, 3),
    duplicates=st.sampled_from(["drop", "keep"]),
    conflicts=st.sampled_from(["majority", "drop", "keep"]),
    balance=st.sampled_from(["none", "downsample", "upsample"]),
    seed=st.integers(0, 3),
)


def prepare(rows: list[tuple[str, str, str]], rules: PreparationRules) -> PreparedTable:
    texts, labels, splits = zip(*rows, strict=True) if rows else ((), (), ())
    keys = [str(number) for number in range(len(rows))]
    return prepare_table([[text] for text in texts], labels, rules, splits, keys)


@given(rows=ROWS, rules=RULES)
@settings(max_examples=300, deadline=None)
def test_counts_add_up(rows: list[Any], rules: PreparationRules) -> None:
    found = prepare(rows, rules)
    kept = sum(copies > 0 for copies in found.copies)
    assert kept + found.dropped().total() == len(rows)
    assert all(
        (copies > 0) == (why is Reason.KEPT)
        for copies, why in zip(found.copies, found.reasons, strict=True)
    )


@given(rows=ROWS, rules=RULES)
@settings(max_examples=300, deadline=None)
def test_no_text_is_in_two_splits_and_none_contradicts(
    rows: list[Any], rules: PreparationRules
) -> None:
    found = prepare(rows, rules)
    splits, labels = defaultdict(set), defaultdict(list)
    for (_, _, split), row, copies in zip(rows, found.rows, found.copies, strict=True):
        if copies:
            splits[row.texts].add(split)
            labels[row.texts].append(row.label)
    assert all(len(names) == 1 for names in splits.values())
    if rules.conflicts != "keep":
        assert all(len(set(names)) == 1 for names in labels.values())
    if rules.duplicates == "drop":
        assert all(len(set(names)) == len(names) for names in labels.values())


@given(rows=ROWS, rules=RULES)
@settings(max_examples=200, deadline=None)
def test_only_what_a_rule_names_is_changed_or_dropped(
    rows: list[Any], rules: PreparationRules
) -> None:
    found = prepare(rows, rules)
    for (text, label, split), row, reason, copies in zip(
        rows, found.rows, found.reasons, found.copies, strict=True
    ):
        assert set(row.changed) <= {*rules.steps, "label_map"}
        assert (row.texts == (text,)) or set(row.changed) - {"label_map"}
        assert (row.label == label) or ("label_map" in row.changed and rules.label_map)
        allowed = {
            Reason.DROPPED_LABEL: row.label in rules.drop_labels,
            Reason.TOO_SHORT: 0 < len(row.texts[0]) < rules.min_characters,
            Reason.EMPTY: row.texts[0] == "" and rules.min_characters > 0,
            Reason.NO_LABEL: label == "",
            Reason.CONFLICT: rules.conflicts != "keep",
            Reason.DUPLICATE: rules.duplicates == "drop",
            Reason.IN_ANOTHER_SPLIT: rules.duplicates == "keep",
            Reason.DOWNSAMPLED: rules.balance == "downsample" and split == "train",
        }
        assert allowed.get(reason, True)
        assert copies <= 1 or (rules.balance == "upsample" and split == "train")


def test_rules_that_ask_for_nothing_do_nothing() -> None:
    rows = [("<b> ", "1.0", "train"), ("<b> ", "1.0", "train"), ("", "2", "eval")]
    rules = PreparationRules(clean=(), min_characters=0, duplicates="keep", conflicts="keep")
    found = prepare(rows, rules)
    assert [row.texts[0] for row in found.rows] == ["<b> ", "<b> ", ""]
    assert [row.label for row in found.rows] == ["1.0", "1.0", "2"]
    assert found.copies == (1, 1, 1)


@given(rows=ROWS, rules=RULES, draw=st.randoms())
@settings(max_examples=150, deadline=None)
def test_the_order_of_the_rows_does_not_matter(
    rows: list[Any], rules: PreparationRules, draw: Any
) -> None:
    texts = [[text] for text, _, _ in rows]
    keys = [str(number) for number in range(len(rows))]
    columns = list(zip(texts, (r[1] for r in rows), (r[2] for r in rows), keys, strict=True))
    mixed = draw.sample(columns, len(columns))

    def copies(given: list[Any]) -> dict[str, int]:
        columns = [list(column) for column in zip(*given, strict=True)] or [[], [], [], []]
        return dict(
            zip(
                columns[3],
                prepare_table(columns[0], columns[1], rules, columns[2], columns[3]).copies,
                strict=True,
            )
        )

    assert copies(columns) == copies(mixed)


@pytest.mark.parametrize(
    ("conflicts", "labels"), [("majority", ["1"]), ("drop", []), ("keep", ["1", "2"])]
)
def test_equal_texts_with_several_labels(conflicts: Any, labels: list[str]) -> None:
    rows = [("soft", "1", "train"), ("soft ", "1", "eval"), ("soft", "2", "test")]
    found = prepare(rows, PreparationRules(conflicts=conflicts))
    kept = [row.label for row, copies in zip(found.rows, found.copies, strict=True) if copies]
    assert len(kept) <= len(labels)  # `keep` may find the two labels in two splits
    assert set(kept) <= set(labels)
    assert bool(kept) == bool(labels)


def test_as_many_rows_of_each_label_are_no_majority() -> None:
    found = prepare([("soft", "1", "train"), ("soft", "2", "train")], PreparationRules())
    assert found.dropped() == {"conflict": 2}


@pytest.mark.parametrize(
    ("balance", "train", "copies"),
    [
        ("none", {"a": 5, "b": 2}, 7),
        ("downsample", {"a": 2, "b": 2}, 4),
        ("upsample", {"a": 5, "b": 2}, 10),
    ],
)
def test_balance_of_the_train_split_only(balance: Any, train: dict[str, int], copies: int) -> None:
    rows = [(f"text {n}", "a" if n % 7 < 5 else "b", "train") for n in range(7)]
    rows += [(f"other {n}", "a" if n else "b", "eval") for n in range(4)]
    found = prepare(rows, PreparationRules(balance=balance))
    kept = Counter(
        (split, row.label)
        for (_, _, split), row, times in zip(rows, found.rows, found.copies, strict=True)
        if times
    )
    assert kept == {
        **{("train", name): n for name, n in train.items()},
        ("eval", "a"): 3,
        ("eval", "b"): 1,
    }
    assert sum(found.copies[:7]) == copies
    by_label = Counter({"a": sum(found.copies[:5]), "b": sum(found.copies[5:7])})
    assert balance == "none" or len(set(by_label.values())) == 1


def test_another_seed_keeps_other_rows() -> None:
    rows = [(f"text {n}", "a" if n else "b", "train") for n in range(50)]
    kept = {
        prepare(rows, PreparationRules(balance="downsample", seed=seed)).copies for seed in range(8)
    }
    assert len(kept) > 1
