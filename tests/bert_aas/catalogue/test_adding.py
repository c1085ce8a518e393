"""Adding tables: what is written down, and what is refused."""

import bz2
import json
from pathlib import Path

import pytest

from bert_aas.catalogue.adding import NewTable, add_table
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.arrow import pa, parquet
from bert_aas.tables.sources import ReadOptions
from tests.bert_aas.catalogue.projects import add, ask, catalogue_in

REVIEWS = 'id,text,stars,code\n1,"nice, really",5,007\n2,"two\nlines",1,008\n3,,3,009\n'


def test_a_csv_is_what_our_reader_says(tmp_path: Path) -> None:
    (tmp_path / "reviews.csv").write_text(REVIEWS)
    entry = add(tmp_path, "reviews", "reviews.csv")
    types = {"id": "BIGINT", "text": "VARCHAR", "stars": "BIGINT", "code": "VARCHAR"}
    assert (entry.columns, entry.rows) == (types, 3)
    assert ask(tmp_path, "SELECT * FROM reviews ORDER BY id") == [
        (1, "nice, really", 5, "007"),
        (2, "two\nlines", 1, "008"),
        (3, None, 3, "009"),
    ]


def test_a_table_may_be_read_twice_in_one_query(tmp_path: Path) -> None:
    (tmp_path / "reviews.csv").write_text(REVIEWS)
    add(tmp_path, "reviews", "reviews.csv")
    joined = "SELECT count(*) FROM reviews a JOIN reviews b ON a.stars <= b.stars"
    assert ask(tmp_path, joined) == [(6,)]


def test_types_may_be_given(tmp_path: Path) -> None:
    (tmp_path / "reviews.csv").write_text(REVIEWS)
    entry = add(tmp_path, "reviews", "reviews.csv", {"stars": "text", "id": "float"})
    assert entry.columns["stars"] == "VARCHAR"
    assert ask(tmp_path, "SELECT stars || '!', id / 2 FROM reviews WHERE id = 1") == [("5!", 0.5)]


@pytest.mark.parametrize(
    ("types", "reason"),
    [
        ({"text": "integer"}, "'text' holds 'nice, really', which is no BIGINT"),
        ({"star": "integer"}, "no column 'star'; did you mean stars"),
    ],
)
def test_wrong_types_are_refused(tmp_path: Path, types: dict[str, str], reason: str) -> None:
    (tmp_path / "reviews.csv").write_text(REVIEWS)
    with pytest.raises(InvalidInputError, match=reason):
        add(tmp_path, "reviews", "reviews.csv", types)
    assert not catalogue_in(tmp_path).tables()


def test_json_lines_keep_their_types_and_nested_values(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"n": 1, "t": "5", "b": True, "l": [1, {"a": None}]},
        {"n": 2.5, "more": "\ud83d\ude00"},
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    entry = add(tmp_path, "rows", "rows.jsonl")
    assert list(entry.columns.values()) == ["DOUBLE", "VARCHAR", "BOOLEAN", "VARCHAR", "VARCHAR"]
    assert ask(tmp_path, "SELECT * FROM rows ORDER BY n") == [
        (1.0, "5", True, '[1, {"a": null}]', None),
        (2.5, None, None, None, "😀"),
    ]
    assert ask(tmp_path, "SELECT l ->> '$[0]' FROM rows WHERE n = 1") == [("1",)]


def test_folders_give_columns(tmp_path: Path) -> None:
    for day, stars in (("2026-01-01", 4), ("2026-01-02", 5)):
        folder = tmp_path / "csv" / f"day={day}"
        folder.mkdir(parents=True)
        (folder / "part.tsv.bz2").write_bytes(bz2.compress(f"stars\ttext\n{stars}\tx\n".encode()))
        folder = tmp_path / "parquet" / f"day={day}"
        folder.mkdir(parents=True)
        table = pa.table({"stars": pa.array([stars], pa.int16()), "ids": [[1, 2]]})
        parquet.write_table(table, folder / "part.parquet")
    assert add(tmp_path, "texts", "csv").columns["day"] == "DATE"
    query = "SELECT stars FROM {} WHERE day > DATE '2026-01-01'"
    assert ask(tmp_path, query.format("texts")) == [(5,)]
    entry = add(tmp_path, "packed", "parquet")
    assert entry.columns == {"stars": "SMALLINT", "ids": "BIGINT[]", "day": "DATE"}
    assert entry.rows == 2
    assert ask(tmp_path, query.format("packed")) == [(5,)]


def test_parquet_takes_types_too(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"day": ["2026-01-01"], "n": ["x"]}), tmp_path / "a.parquet")
    assert add(tmp_path, "good", "a.parquet", {"day": "date"}).columns["day"] == "DATE"
    with pytest.raises(InvalidInputError, match="Could not convert string 'x' to INT64"):
        add(tmp_path, "bad", "a.parquet", {"n": "integer"})


def test_broken_rows_are_refused_or_counted(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n3\n4,5\n")
    with pytest.raises(InvalidInputError, match="line 3: 1 field where the header has 2; mend"):
        add(tmp_path, "broken", "a.csv")
    new = NewTable("broken", str(tmp_path / "a.csv"), skip_bad_rows=True)
    entry = add_table(new, catalogue_in(tmp_path))
    assert (entry.rows, entry.skipped) == (2, 1)
    assert ask(tmp_path, "SELECT sum(a) FROM broken") == [(5,)]


def test_the_encoding_is_an_option(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("word\nschön\n".encode("cp1252"))
    with pytest.raises(InvalidInputError, match="not UTF-8"):
        add(tmp_path, "words", "a.csv")
    options = ReadOptions(encoding="cp1252")
    add_table(NewTable("words", str(tmp_path / "a.csv"), {}, options), catalogue_in(tmp_path))
    assert ask(tmp_path, "SELECT word FROM words") == [("schön",)]


def test_a_taken_name_needs_a_word(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    (tmp_path / "b.csv").write_text("b\nx\n")
    add(tmp_path, "rows", "a.csv")
    with pytest.raises(InvalidInputError, match="there is a table Rows already"):
        add(tmp_path, "Rows", "b.csv")
    add_table(NewTable("Rows", str(tmp_path / "b.csv"), replace=True), catalogue_in(tmp_path))
    assert ask(tmp_path, "SELECT * FROM rows") == [("x",)]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("gone.csv", "no file found"),
        ("gs://bucket/a.csv", "is not on this machine"),
        ("empty.jsonl", "has no rows"),
        ("part.tfrecord", "is TFRecord; SQL reads the splits of runs by themselves"),
        ("bad.parquet", "cannot be read"),
    ],
)
def test_no_table_no_entry(tmp_path: Path, path: str, reason: str) -> None:
    for name in ("empty.jsonl", "part.tfrecord", "bad.parquet"):
        (tmp_path / name).write_text("")
    given = path if "://" in path else str(tmp_path / path)
    with pytest.raises(InvalidInputError, match=reason):
        add_table(NewTable("rows", given), catalogue_in(tmp_path))
    assert not catalogue_in(tmp_path).file.exists()
