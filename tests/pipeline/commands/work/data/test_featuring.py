"""`bert-aas features`, as a user types it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import bert_aas
from bert_aas.contracts.exit_codes import EXIT_REFUSED
from pipeline.cli import main

Run = Callable[..., str]
KEYS = ("--record-id", "id", "--event-time", "since")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command in a folder with a feature group, and return what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BERT_AAS_FEATURES", raising=False)
    Path("customers.csv").write_text(
        'id,since,city,zip,ids\n1,2026-01-01,Ulm,89073,"[1, 2]"\n1,2026-02-01,Bonn,53111,[]\n'
    )
    Path("orders.csv").write_text("order,who,at\na,1,2026-01-20\nb,1,2025-12-31\nc,2,2026-03-01\n")

    def typed(*arguments: str, code: int = 0) -> str:
        assert main(["features", *arguments]) == code
        printed = capfd.readouterr()
        return printed.err if code else printed.out

    given = ("--type", "zip=string", "--type", "ids=list<int32>")
    said = typed("ingest", "customers", "customers.csv", *KEYS, *given)
    assert said == "customers, version 1: 2 records written\n"
    return typed


def test_the_same_content_is_one_batch(run: Run) -> None:
    assert "2 records were written before" in run("ingest", "customers", "customers.csv")
    assert "2 records written" in run("ingest", "customers", "customers.csv", "--batch", "b")
    assert len(json.loads(run("read", "customers", "--format", "json"))) == 1


def test_a_group_is_described(run: Run) -> None:
    described = json.loads(run("describe", "customers", "--json"))
    assert described["batches"] == 1
    assert described["definition"]["columns"] == {
        "id": "int64",
        "since": "timestamp",
        "city": "string",
        "zip": "string",
        "ids": "list<int32>",
    }
    said = run("describe", "customers")
    assert said.startswith("customers, version 1: 1 batch\n")
    assert "since    timestamp     event time" in said
    (listed,) = json.loads(run("list", "--json"))
    assert listed["name"] == "customers"
    assert "id          since        city, zip, ids" in run("list")
    assert "no feature groups yet" in run("list", "--store", "elsewhere")


def test_records_are_read_as_they_were(run: Run) -> None:
    was = run("read", "customers", "--as-of", "2026-01-15", "--format", "jsonl")
    assert json.loads(was) == {
        "id": 1,
        "since": "2026-01-01 00:00:00+00:00",
        "city": "Ulm",
        "zip": "89073",
        "ids": [1, 2],
    }
    run("delete", "customers", "1", "--at", "2026-02-10")
    assert run("read", "customers", "--format", "csv") == "id,since,city,zip,ids\r\n"
    history = run("read", "customers", "--history", "--format", "csv")
    deleted = [line.rpartition(",")[2] for line in history.splitlines()]
    assert deleted == ["is_deleted", "false", "false", "true"]


def test_rows_get_the_features_of_their_time(run: Run) -> None:
    arguments = ("orders.csv", "--time", "at", "--with", "customers=who")
    run("join", *arguments, "--output", "joined.csv")
    lines = Path("joined.csv").read_text().splitlines()
    assert lines[0] == "order,who,at,customers__city,customers__zip,customers__ids"
    assert lines[1:] == [
        'a,1,2026-01-20,Ulm,89073,"[1, 2]"',
        "b,1,2025-12-31,,,",
        "c,2,2026-03-01,,,",
    ]


def test_another_fingerprint_is_another_version(run: Run) -> None:
    Path("other.csv").write_text("id,since,size\n7,2026-01-01,0.5\n")
    said = run("ingest", "customers", "other.csv", *KEYS, "--fingerprint", "b")
    assert said == "customers, version 2: 1 records written\n"
    assert run("read", "customers", "--format", "csv").splitlines()[0] == "id,since,size"
    assert "Bonn" in run("read", "customers", "--version", "1")


def test_groups_are_tables(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("list")
    query = "SELECT city FROM features.customers"
    assert bert_aas.sql(query)["city"].tolist() == ["Bonn"]
    monkeypatch.setenv("BERT_AAS_FEATURES", str(Path("elsewhere").absolute()))
    with pytest.raises(bert_aas.InvalidInputError, match=r"no table features\.customers"):
        bert_aas.sql(query)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["ingest", "shops", "customers.csv"], "is its record id (--record-id)"),
        (["ingest", "shops", "customers.csv", *KEYS[:2]], "is its event time (--event-time)"),
        (["ingest", "a b", "customers.csv", *KEYS], "cannot be the name of a feature group"),
        (["ingest", "customers", "orders.csv"], "has no column 'id'"),
        (["ingest", "customers", "customers.csv", "--type", "zip=int32"], "'zip' as string, not"),
        (
            ["ingest", "customers", "customers.csv", "--type", "zip=money"],
            "is no type of a feature",
        ),
        (
            ["ingest", "shops", "customers.csv", "--record-id", "id", "--event-time", "zip"],
            "must be",
        ),
        (["read", "custmers"], "no feature group custmers; did you mean customers?"),
        (["read", "customers", "--as-of", "soon"], "'soon' is no time"),
        (["read", "customers", "--as-of", "2026-01-01", "--history"], "or ask for all records"),
        (["read", "customers", "--version", "4"], "has no version 4"),
        (["join", "orders.csv", "--time", "when", "--with", "customers=who"], "no column 'when'"),
        (["join", "orders.csv", "--time", "at", "--with", "customers"], "give GROUP=COLUMN"),
        (["delete", "customers", "x"], "a record id of customers is int64"),
    ],
)
def test_what_is_wrong_is_one_sentence(run: Run, arguments: list[str], reason: str) -> None:
    said = run(*arguments, code=EXIT_REFUSED)
    assert reason in said
    assert said.startswith("Error: ")
    assert said.count("\n") == 1


def test_a_feature_repository_is_written(run: Run) -> None:
    said = run("export", "--format", "feast", "--output", "repository")
    assert said == "customers: written to repository; `feast apply` there takes them\n"
    assert Path("repository", "data", "customers.parquet").is_file()
    assert "customers = FeatureView(" in Path("repository", "features.py").read_text()
    refused = run("export", "shops", "--format", "feast", "--output", "other", code=EXIT_REFUSED)
    assert "has no feature group shops" in refused
