"""`bert-aas catalog` and `bert-aas sql`, as a user types them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bert_aas.contracts.exit_codes import EXIT_REFUSED
from pipeline.cli import main

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command in a folder with a catalogued table, and return what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BERT_AAS_CATALOG", raising=False)
    Path("reviews.csv").write_text("id,text,stars\n1,nice,5\n2,[red]bad\x1b,1\n")

    def typed(*arguments: str, code: int = 0) -> str:
        assert main(list(arguments)) == code
        printed = capfd.readouterr()
        return printed.err if code else printed.out

    typed("catalog", "add", "reviews", "reviews.csv", "--type", "id=text")
    return typed


def test_a_table_is_described(run: Run) -> None:
    lines = [line.split() for line in run("catalog", "describe", "Reviews").splitlines()]
    assert ["rows", "2"] in lines
    assert lines[-3:] == [["id", "VARCHAR"], ["text", "VARCHAR"], ["stars", "BIGINT"]]
    entry = json.loads(run("catalog", "describe", "reviews", "--json"))
    assert entry["columns"] == {"id": "VARCHAR", "text": "VARCHAR", "stars": "BIGINT"}
    described = json.loads(run("catalog", "describe", "metrics", "--json"))
    assert described["columns"]["low"] == "DOUBLE"


def test_tables_are_listed_and_removed(run: Run) -> None:
    assert "reviews   table   2 rows of reviews.csv" in run("catalog", "list")
    (listed,) = json.loads(run("catalog", "list", "--json"))
    assert listed == {"name": "reviews", "kind": "table", "summary": "2 rows of reviews.csv"}
    run("catalog", "remove", "reviews")
    assert "nothing can be asked yet" in run("catalog", "list")
    assert json.loads(run("catalog", "list", "--json")) == []
    assert "has no table reviews" in run("catalog", "remove", "reviews", code=EXIT_REFUSED)


def test_rows_are_shown_without_markup_and_controls(run: Run) -> None:
    shown = run("sql", "SELECT text, stars FROM reviews ORDER BY id")
    assert [line.split() for line in shown.splitlines() if line.strip()] == [
        ["text", "stars"],
        ["nice", "5"],
        [r"[red]bad\x1b", "1"],
    ]


def test_a_long_answer_is_cut(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["sql", "SELECT i, repeat('x', 300) FROM range(101) t(i)"]) == 0
    printed = capfd.readouterr()
    assert "100" not in printed.out
    assert "99 " in printed.out
    assert "…" in printed.out
    assert printed.err == "the first 100 rows; --format csv or --output gives all\n"


def test_rows_are_written(run: Run) -> None:
    query = "SELECT id, stars FROM reviews ORDER BY id"
    assert run("sql", query, "--format", "csv") == "id,stars\r\n1,5\r\n2,1\r\n"
    assert json.loads(run("sql", query, "--format", "json"))[1] == {"id": "2", "stars": 1}
    assert not run("sql", query, "--output", "rows.tsv")
    assert Path("rows.tsv").read_text() == "id\tstars\n1\t5\n2\t1\n"
    run("sql", query, "--output", "rows.parquet")
    run("catalog", "add", "again", "rows.parquet")
    assert run("sql", "SELECT sum(stars) AS s FROM again", "--format", "jsonl") == '{"s": 6}\n'


def test_the_course_asks_athena(run: Run) -> None:
    query = "SELECT date_format(DATE '2026-01-02', '%Y') AS y FROM \"reviews\" LIMIT 1"
    assert run("sql", "--dialect", "athena", query, "--format", "csv") == "y\r\n2026\r\n"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["sql", "SELECT star FROM reviews"], 'no column "star"; near it: "stars"'),
        (["sql", "DROP TABLE reviews"], "only queries are allowed"),
        (["sql", "SELECT 1", "--format", "parquet"], "needs a file"),
        (["sql", "SELECT 1", "--output", "a.xlsx"], "unknown extension"),
        (["sql", "SELECT 1", "--format", "table", "--output", "a.csv"], "leave --output out"),
        (["sql", "SELECT 1", "--output", "gone/a.csv"], "its folder does not exist"),
        (["sql", "SELECT 1", "--memory-limit", "much"], "is no size"),
        (["sql", "SELECT 1", "--output-dir", "gone"], "there are no runs in gone"),
        (["catalog", "add", "reviews", "reviews.csv"], "there is a table reviews already"),
        (["catalog", "add", "x", "reviews.csv", "--type", "id"], "give COLUMN=TYPE"),
        (["catalog", "add", "x", "gone.csv"], "no file found at 'gone.csv'"),
        (["catalog", "describe", "revews"], "has no table revews; did you mean reviews?"),
        (["catalog", "describe", "splits.train"], r"there is no table splits.train"),
    ],
)
def test_what_is_wrong_is_one_sentence(run: Run, arguments: list[str], reason: str) -> None:
    said = run(*arguments, code=EXIT_REFUSED)
    assert reason in said
    assert said.startswith("Error: ")
    assert said.count("\n") == 1
    assert not list(Path().glob("*.xlsx"))


def test_a_failed_query_leaves_the_file(run: Run) -> None:
    Path("rows.csv").write_text("before")
    run("sql", "SELECT gone FROM reviews", "--output", "rows.csv", code=EXIT_REFUSED)
    assert Path("rows.csv").read_text() == "before"
