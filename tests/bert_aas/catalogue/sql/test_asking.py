"""Queries: read-only, within limits, refused in one sentence."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bert_aas.catalogue.contents import Batches, Content, Offered, Queried
from bert_aas.catalogue.names import TableName
from bert_aas.catalogue.sql import asking
from bert_aas.catalogue.sql.asking import Limits, asked
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.arrow import pa, parquet
from tests.bert_aas.catalogue.projects import LIMITS, add, ask, rows_of


class Numbers:
    """Offers numbers, and counts how often each table is opened."""

    def __init__(self, rows: int = 3, fails_after: int | None = None) -> None:
        self.opened: list[str] = []
        self._rows, self._fails_after = rows, fails_after

    def find(self, name: TableName) -> Offered | None:
        return next((one for one in self.offered() if one.name.key == name.key), None)

    def offered(self) -> Iterator[Offered]:
        for name in (TableName("main", "numbers"), TableName("other", "numbers")):
            yield Offered(name, "table", "numbers", lambda name=name: self._open(name))  # type: ignore[misc]
        twice = Queried('SELECT n * 2 AS n FROM other."Numbers"')
        yield Offered(TableName("main", "doubled"), "table", "doubled", lambda: twice)

    def _open(self, name: TableName) -> Content:
        self.opened.append(str(name))
        return Batches(pa.schema([("n", pa.int64())]), self._batches)

    def _batches(self) -> Iterator[Any]:
        for number in range(self._rows):
            if number == self._fails_after:
                raise InvalidInputError("row 2 is broken")
            yield pa.record_batch([pa.array([number])], names=["n"])


def test_only_what_a_query_names_is_opened() -> None:
    numbers = Numbers()
    query = 'WITH m AS (SELECT * FROM "Other".NUMBERS) SELECT sum(n) FROM m JOIN m b USING (n)'
    assert rows_of([numbers], query) == [(3,)]
    assert numbers.opened == ["other.numbers"]
    assert rows_of([numbers], "SELECT 1") == [(1,)]
    assert numbers.opened == ["other.numbers"]


def test_a_query_may_call_its_own_table_as_another() -> None:
    query = "WITH numbers AS (SELECT n + 1 AS n FROM numbers) SELECT sum(n) FROM numbers"
    assert rows_of([Numbers()], query) == [(6,)]
    assert rows_of([], "WITH own AS (SELECT 1 AS a) SELECT a FROM own") == [(1,)]


def test_a_table_is_opened_once_however_it_is_spelt() -> None:
    numbers = Numbers()
    query = 'SELECT sum(n) FROM doubled JOIN other.NUMBERS USING (n) JOIN "Other".numbers USING (n)'
    assert rows_of([numbers], query) == [(2,)]
    assert numbers.opened == ["other.numbers"]


def test_a_table_may_be_a_query_over_others() -> None:
    numbers = Numbers()
    assert rows_of([numbers], "SELECT sum(n) FROM doubled") == [(6,)]
    assert numbers.opened == ["other.numbers"]


def test_the_error_of_a_reader_is_its_own() -> None:
    with pytest.raises(InvalidInputError, match=r"^row 2 is broken$"):
        rows_of([Numbers(fails_after=1)], "SELECT * FROM numbers")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("SELECT m FROM numbers", 'there is no column "m"; near it: "n"'),
        ("SELECT * FROM nmbers", r"there is no table nmbers; did you mean numbers or .*\?"),
        ("SELECT * FROM zzz", "there is no table zzz; `bert-aas catalog list` shows"),
        ("SELECT n FROM numbers WHERE", r"cannot be read: .* \(line 1, column"),
        ("SELECT foo(n) FROM numbers", "Scalar Function with name foo does not exist"),
        ("SELECT CAST('x' AS INT)", "Could not convert string 'x' to INT32"),
        ("", "there is no query"),
        ("-- nothing", "there is no query"),
        ("SELECT 1; SELECT 2", "give one query; these are 2"),
    ],
)
def test_a_wrong_query_is_one_sentence(query: str, reason: str) -> None:
    with pytest.raises(InvalidInputError, match=reason) as refused:
        rows_of([Numbers()], query)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO numbers VALUES (1)",
        "DROP TABLE numbers",
        "CREATE TABLE x AS SELECT 1",
        "COPY (SELECT 1) TO '{file}'",
        "SET memory_limit = '9GB'",
        "PRAGMA database_list",
        "INSTALL httpfs",
        "ATTACH '{file}' AS x",
        "EXPORT DATABASE '{file}'",
        "CALL pragma_version()",
    ],
)
@pytest.mark.parametrize("dialect", ["duckdb", "athena"])
def test_nothing_is_changed(tmp_path: Path, statement: str, dialect: str) -> None:
    file = tmp_path / "made"
    with pytest.raises(InvalidInputError):
        rows_of([Numbers()], statement.format(file=file), dialect=dialect)
    assert not file.exists()


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_text('{file}')",
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM read_parquet('{parquet}')",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM '{file}'",
        "SELECT * FROM sniff_csv('{file}')",
    ],
)
def test_other_files_cannot_be_read(tmp_path: Path, query: str) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    for name in ("known", "other"):
        parquet.write_table(pa.table({"a": [1]}), tmp_path / f"{name}.parquet")
    add(tmp_path, "known", "known.parquet")
    files = {"file": tmp_path / "secret.csv", "parquet": tmp_path / "other.parquet"}
    with pytest.raises(InvalidInputError, match=r"no other file|there is no table"):
        ask(tmp_path, query.format(folder=tmp_path, **files))
    assert ask(tmp_path, "SELECT a FROM known") == [(1,)]


def test_variables_of_python_are_no_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB would look for a frame where its connection is used."""
    monkeypatch.setattr(asking, "frame", pd.DataFrame({"a": [1]}), raising=False)
    with pytest.raises(InvalidInputError, match="there is no table frame"):
        rows_of([], "SELECT * FROM frame")
    with pytest.raises(InvalidInputError, match="Table with name frame does not exist"):
        rows_of([], "SELECT * FROM query_table('frame')")


def test_memory_has_a_limit() -> None:
    with pytest.raises(InvalidInputError, match=r"more memory than it may have \(30MB\)"):
        rows_of([], "SELECT list(i) FROM range(30_000_000) t(i)", limits=Limits("30MB", 60))


@pytest.mark.parametrize("memory", ["0GB", "9999999999999999999TB"])
def test_a_limit_that_duckdb_cannot_keep_is_a_sentence(memory: str) -> None:
    with pytest.raises(InvalidInputError, match=r"more memory|out of range"):
        rows_of([], "SELECT 1", limits=Limits(memory, 60))


def test_time_has_a_limit() -> None:
    slow = "SELECT count(*) FROM range(1_000_000_000) a, range(1_000_000_000) b"
    with pytest.raises(InvalidInputError, match=r"took longer than it may \(0.2 s\)"):
        rows_of([], slow, limits=Limits("500MB", 0.2))


def test_reading_a_table_counts_too() -> None:
    with pytest.raises(InvalidInputError, match="took longer than it may"):
        rows_of([Numbers(10**9)], "SELECT * FROM numbers", limits=Limits("500MB", 0.2))


def test_what_does_not_fit_goes_to_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    query = "SELECT count(*) FROM (SELECT i, hash(i) h FROM range(3_000_000) t(i) ORDER BY h)"
    assert rows_of([], query, limits=Limits("40MB", 120)) == [(3_000_000,)]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("memory", ["", "2", "GB", "2 apples", "2GB'; SET x = 1"])
def test_a_limit_is_a_size(memory: str) -> None:
    with pytest.raises(InvalidInputError, match="is no size"):
        Limits(memory)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_time_limit_is_a_time(seconds: float) -> None:
    with pytest.raises(InvalidInputError, match="is no number of seconds"):
        Limits("2GB", seconds)


def test_athenas_functions_are_duckdbs() -> None:
    query = """
        SELECT approx_distinct(n), cardinality(split('a b c', ' ')),
               date_diff('day', DATE '2026-01-01', DATE '2026-01-31'),
               regexp_like('abc', 'b'), max_by(n, n), element_at(array[7, 8], 2)
        FROM "numbers" WHERE n > 0
    """
    assert rows_of([Numbers()], query, dialect="athena") == [(2, 3, 30, True, 2, 8)]


def test_another_dialect_has_its_errors() -> None:
    with pytest.raises(InvalidInputError, match=r"is no athena SQL at line 1, column \d+"):
        rows_of([], "SELECT * FRM numbers", dialect="athena")
    with pytest.raises(InvalidInputError, match="the dialect 'klingon' is not known"):
        rows_of([], "SELECT 1", dialect="klingon")


def test_times_are_utc_wherever_we_are() -> None:
    code = (
        "from bert_aas.catalogue.sql.asking import Limits, asked\n"
        "query = \"SELECT strftime(TIMESTAMPTZ '2026-01-01 10:00:00+02:00', '%H')\"\n"
        "with asked(query, [], Limits()) as answer: print(*answer.rows())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"TZ": "Asia/Tokyo", "PYTHONPATH": str(Path(__file__).parents[4])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "('08',)\n"


def test_an_answer_is_a_frame() -> None:
    with asked("SELECT n, [n] AS l FROM numbers ORDER BY n", [Numbers()], LIMITS) as answer:
        frame = answer.frame()
    assert frame["n"].tolist() == [0, 1, 2]
    assert [list(values) for values in frame["l"]] == [[0], [1], [2]]
