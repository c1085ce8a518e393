import csv
import importlib
import re
import statistics
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).resolve().parents[2] / "data"
COMMITTED = DATA / "product_reviews.csv"
COLUMNS = ["review_id", "date", "product_category", "rating", "review_body", "sentiment"]


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with COMMITTED.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(DATA))
    return importlib.import_module("generate_reviews")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(DATA / "generate_reviews.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_same_seed_gives_the_committed_bytes(tmp_path: Path) -> None:
    output = tmp_path / "again.csv"
    done = run("--rows", "3400", "--seed", "7", "--output", str(output))
    assert done.returncode == 0, done.stderr
    assert output.read_bytes() == COMMITTED.read_bytes()


def test_another_seed_gives_other_texts(generator: Any) -> None:
    first, second = generator.generate(20, seed=7), generator.generate(20, seed=8)
    assert {row["review_body"] for row in first}.isdisjoint(row["review_body"] for row in second)


def test_help_names_every_option() -> None:
    text = run("--help").stdout
    assert all(option in text for option in ("--rows", "--seed", "--output"))


def test_zero_rows_are_refused_in_one_sentence(tmp_path: Path) -> None:
    done = run("--rows", "0", "--output", str(tmp_path / "none.csv"))
    assert (done.returncode, done.stderr) == (2, "--rows must be at least 1, 0 was given.\n")


def test_file_is_small_and_has_the_columns_in_order(rows: list[dict[str, str]]) -> None:
    assert COMMITTED.stat().st_size < 1_500_000
    assert list(rows[0]) == COLUMNS
    assert 3200 <= len(rows) <= 4000
    assert all(None not in row and None not in row.values() for row in rows)


def test_file_is_rfc_4180_with_every_quoted_case(rows: list[dict[str, str]]) -> None:
    texts = [row["review_body"] for row in rows]
    assert COMMITTED.read_bytes().startswith(",".join(COLUMNS).encode() + b"\r\n")
    assert all(any(mark in text for text in texts) for mark in (",", '"', "\n"))


def test_identifiers_are_unique_and_dates_are_iso(rows: list[dict[str, str]]) -> None:
    assert len({row["review_id"] for row in rows}) == len(rows)
    dates = [date.fromisoformat(row["date"]) for row in rows]
    assert dates == sorted(dates)


def test_values_are_allowed_and_some_are_missing(rows: list[dict[str, str]]) -> None:
    assert {row["sentiment"] for row in rows} == {"-1", "0", "1"}
    assert {row["rating"] for row in rows} == {"", "1", "2", "3", "4", "5"}
    assert len({row["product_category"] for row in rows} - {""}) >= 8
    missing = {name: sum(not row[name] for row in rows) / len(rows) for name in COLUMNS}
    assert 0.01 < missing["product_category"] < 0.04
    assert 0.01 < missing["rating"] < 0.04
    assert 0 < missing["review_body"] < 0.01


def test_classes_are_uneven_but_none_is_rare(rows: list[dict[str, str]]) -> None:
    counts = Counter(row["sentiment"] for row in rows)
    assert min(counts.values()) > 0.2 * len(rows)
    assert counts["1"] > counts["-1"] > counts["0"]


def test_rating_follows_the_sentiment_without_giving_it_away(rows: list[dict[str, str]]) -> None:
    typical = {"-1": ("1", "2"), "0": ("3",), "1": ("4", "5")}
    rated = [row for row in rows if row["rating"]]
    agreeing = sum(row["rating"] in typical[row["sentiment"]] for row in rated) / len(rated)
    assert 0.7 < agreeing < 0.9


def test_lengths_range_from_two_words_to_long(rows: list[dict[str, str]]) -> None:
    lengths = [len(row["review_body"].split()) for row in rows if row["review_body"]]
    assert min(lengths) <= 2
    assert 150 <= max(lengths) <= 250
    assert 20 <= statistics.median(lengths) <= 32


def test_exact_duplicates_are_few(rows: list[dict[str, str]]) -> None:
    # Short reviews repeat by chance as well; only longer ones can be told from chance.
    texts = [row["review_body"] for row in rows if len(row["review_body"].split()) > 8]
    assert 0.008 < 1 - len(set(texts)) / len(texts) < 0.03


def test_no_slot_of_the_grammar_is_left_open(rows: list[dict[str, str]]) -> None:
    assert [row["review_id"] for row in rows if re.search(r"[{}|]", row["review_body"])] == []


def test_texts_hold_accents_emoji_and_capitals(rows: list[dict[str, str]]) -> None:
    texts = [row["review_body"] for row in rows]
    for pattern in (r"é", r"[\U0001F300-\U0001FAFF]", r"^[^a-z]{20,}$"):
        assert 3 <= sum(bool(re.search(pattern, text)) for text in texts) < 0.1 * len(texts)
