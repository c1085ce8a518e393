"""Labels by split: what is counted, and what is refused before any work."""

import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bert_aas.contracts.errors import InvalidInputError
from components.example_gen.preflight import inspect
from components.example_gen.splitting.label_counts import MAX_CLASSES, LabelCounts, summarize_labels
from components.example_gen.splitting.splits import SPLITS, SplitPlanner
from tests.components.example_gen.tables import params_for, reviews, write_table


def texts_in(split: str) -> Iterator[str]:
    """Give texts whose hash falls into a split of 80, 10 and 10 %."""
    for number in itertools.count():
        text = f"rare {number}"
        share = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64
        if SPLITS[(share >= 0.8) + (share >= 0.9)] == split:
            yield text


def labelled(label: str, **rows: int) -> list[dict[str, Any]]:
    """Make rows of a label with so many in each split."""
    texts = [text for split, n in rows.items() for text in itertools.islice(texts_in(split), n)]
    return [reviews(1)[0] | {"text": text, "label": label} for text in texts]


def refusal(folder: Path, rows: list[dict[str, Any]], **changes: Any) -> str:
    with pytest.raises(InvalidInputError) as refused:
        inspect(params_for(write_table(folder, "csv", rows), **changes))
    return str(refused.value)


def test_rows_are_counted_by_label_and_split() -> None:
    first, second = LabelCounts(), LabelCounts()
    first.add(["a", "b", "a"], np.array([0, 1, 2]))
    second.add(["a", "c"], np.array([0, 2]))
    first.merge(second)
    assert first.by_label() == {"a": (2, 0, 1), "b": (0, 1, 0), "c": (0, 0, 1)}


def test_the_summary_names_what_train_lacks() -> None:
    labels = summarize_labels({"a": (2, 0, 1), "b": (0, 1, 0), "c": (0, 1, 1)})
    assert labels.counts == {"a": 3, "c": 2, "b": 1}
    assert (labels.classes, labels.rows) == (3, 6)
    assert labels.untrained == {"c": (0, 1, 1), "b": (0, 1, 0)}


@pytest.mark.parametrize("stratify", [False, True])
def test_counts_agree_with_the_rows_splits(tmp_path: Path, stratify: bool) -> None:
    params = params_for(tmp_path, stratify=stratify)
    rng = np.random.default_rng(5)
    hashes = rng.integers(0, 2**64, 300, np.uint64)
    hashes[:40] = hashes[40:80]  # texts that occur twice, some with two labels
    labels = [("x", "y", "z")[n] for n in rng.integers(0, 3, 300)]
    planner = SplitPlanner(params)
    planner.add(hashes, labels)
    plan = planner.plan()
    places = plan.places_of(hashes, labels).tolist()
    expected = {label: [0, 0, 0] for label in "xyz"}
    for label, place in zip(labels, places, strict=True):
        expected[label][place] += 1
    assert planner.rows_by_label(plan) == {name: tuple(rows) for name, rows in expected.items()}


def test_a_label_that_only_the_test_split_has_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, reviews(60) + labelled("rare", test=3)) == (
        "data: no row of label 'rare' (3 rows: 3 in test) falls into the train split, so a model "
        "could not learn it; set data.stratify: true, which splits each label by itself, enlarge "
        "data.splits.train, give more rows of that label, or leave it out."
    )


def test_every_such_label_is_named(tmp_path: Path) -> None:
    rows = labelled("rare", eval=1, test=2) + labelled("rarer", eval=1)
    assert (
        "label 'rare' (3 rows: 1 in eval and 2 in test); label 'rarer' (1 row: 1 in eval)"
    ) in refusal(tmp_path, reviews(60) + rows)


def test_of_many_such_labels_the_first_are_named(tmp_path: Path) -> None:
    rows = [row for n in range(8) for row in labelled(f"rare {n}", eval=2)]
    said = refusal(tmp_path, reviews(60) + rows)
    assert "label 'rare 4' (2 rows: 2 in eval); and 3 more labels falls into" in said


def test_to_stratify_is_the_cure(tmp_path: Path) -> None:
    rows = reviews(60) + labelled("rare", test=3)
    summary = inspect(params_for(write_table(tmp_path, "csv", rows), stratify=True))
    assert summary.labels.untrained == {}
    assert summary.labels.counts["rare"] == 3


def test_a_stratified_label_whose_texts_belong_to_others_is_refused(tmp_path: Path) -> None:
    # The one text of "z" has label "a", too, whose cuts put it into the test split.
    text = next(texts_in("test"))
    rows = reviews(60) + [reviews(1)[0] | {"label": label, "text": text} for label in ("-1", "z")]
    said = refusal(tmp_path, rows, stratify=True)
    assert said.startswith("data: no row of label 'z' (1 row: 1 in ")
    assert "data.stratify" not in said
    assert "enlarge data.splits.train" in said


def test_an_id_named_as_label_is_refused(tmp_path: Path) -> None:
    rows = [row | {"rating": n} for n, row in enumerate(reviews(240))]
    assert refusal(tmp_path, rows, label_column="rating") == (
        "data.label_column: column 'rating' has 240 different labels in 240 rows, and 200 are "
        "allowed; name the column of the classes in data.label_column, or set data.max_classes: "
        "240 if these are the classes."
    )


def test_mostly_unique_labels_are_refused_below_the_limit(tmp_path: Path) -> None:
    rows = [row | {"rating": n // 2} for n, row in enumerate(reviews(61))]
    said = refusal(tmp_path, rows, label_column="rating")
    assert "column 'rating' has 31 different labels in 61 rows, fewer than two" in said
    assert "data.max_classes: 31" in said


def test_many_labels_are_refused_before_all_rows_are_read(tmp_path: Path) -> None:
    rows = [row | {"rating": n} for n, row in enumerate(reviews(400))]
    path = write_table(tmp_path, "csv", rows)
    with pytest.raises(InvalidInputError, match=rf"has 300 .* and {MAX_CLASSES} are allowed"):
        inspect(params_for(path, label_column="rating"), max_rows=300)


def test_texts_named_as_label_are_no_bad_rows(tmp_path: Path) -> None:
    rows = [
        row | {"rating": row["text"].replace("\n", " " if n % 9 else "\n")}
        for n, row in enumerate(reviews(300))
    ]
    said = refusal(tmp_path, rows, label_column="rating")
    assert "column 'rating' has 266 different labels in 266 rows" in said


def test_as_many_labels_as_are_asked_for_are_taken(tmp_path: Path) -> None:
    rows = [row | {"rating": n // 8} for n, row in enumerate(reviews(2000))]
    path = write_table(tmp_path, "csv", rows)
    params = params_for(path, label_column="rating", max_classes=250, stratify=True)
    assert inspect(params).labels.classes == 250


def test_a_long_label_is_cut_in_the_sentence(tmp_path: Path) -> None:
    said = refusal(tmp_path, reviews(60) + labelled("x" * 500, test=1))
    assert f"'{'x' * 60}…'" in said
