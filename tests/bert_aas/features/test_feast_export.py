"""Feast reads what we export, and answers as we do."""

import ast
import json
import random
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.features.definitions import Definition
from bert_aas.features.feast_export import SETTINGS, export_to_feast
from bert_aas.features.reading import Join, joined
from bert_aas.features.sources import delete
from bert_aas.features.store import FeatureStore
from bert_aas.tables.arrow import parquet
from tests.bert_aas.features.records import LIMITS, day, read, records, write

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv-oracles" / "bin" / "python"
CUSTOMERS = Definition(
    record_id="customer",
    event_time="since",
    columns={
        "customer": "int64",
        "since": "timestamp",
        "city": "string",
        "orders": "int32",
        "spent": "float64",
        "input_ids": "list<int32>",
    },
)
SHOPS = Definition(
    record_id="shop",
    event_time="opened",
    columns={"shop": "string", "opened": "timestamp", "open": "bool", "size": "float32"},
)
FEATURES = ("customers:city", "customers:orders", "customers:spent", "customers:input_ids")
SHOP_FEATURES = ("shops:open", "shops:size")


def fill(store: FeatureStore) -> None:
    """Write three batches of each group, with corrections and deletions."""
    draw = random.Random(3)  # noqa: S311 - toy data
    for batch in range(3):
        keys = {(draw.randrange(6), draw.randrange(30)) for _ in range(25)}
        customers = [
            {
                "customer": number,
                "since": day(at),
                "city": draw.choice(("Ulm", "Köln", None)),
                "orders": draw.randrange(100),
                "spent": draw.random(),
                "input_ids": [draw.randrange(30_000) for _ in range(draw.randrange(4))],
            }
            for number, at in sorted(keys)
        ]
        write(store, "customers", customers, batch=f"{batch}", definition=CUSTOMERS)
        shops = [
            {"shop": f"s{number}", "opened": day(at), "open": at % 2 == 0, "size": at / 4}
            for number, at in sorted(keys)
        ]
        write(store, "shops", shops, batch=f"{batch}", definition=SHOPS)
        delete(store, "customers", [f"{draw.randrange(6)}"], day(draw.randrange(30)).isoformat())


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[FeatureStore, Path]:
    folder = tmp_path_factory.mktemp("feast")
    store = FeatureStore(folder / "groups")
    fill(store)
    assert export_to_feast(store, (), folder / "repository", LIMITS) == ["customers", "shops"]
    return store, folder / "repository"


def test_a_repository_is_whole(exported: tuple[FeatureStore, Path]) -> None:
    _, repository = exported
    assert (repository / "feature_store.yaml").read_text() == SETTINGS
    tree = ast.parse((repository / "features.py").read_text())
    made = [ast.unparse(one.targets[0]) for one in tree.body if isinstance(one, ast.Assign)]
    assert made == ["DATA", "entity_0", "entity_1", "customers", "shops"]
    table = parquet.read_table(repository / "data" / "customers.parquet")
    keys = list(zip(table["customer"].to_pylist(), table["since"].to_pylist(), strict=True))
    assert len(keys) == len(set(keys))


def test_what_feast_cannot_have_is_refused(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "groups")
    with pytest.raises(InvalidInputError, match="has no feature groups to export"):
        export_to_feast(store, (), tmp_path / "repository", LIMITS)
    columns = {"size": "float64", "opened": "timestamp"}
    odd = Definition(record_id="size", event_time="opened", columns=columns)
    store.declare("odd", odd)
    with pytest.raises(InvalidInputError, match="Feast cannot have the record id of odd"):
        export_to_feast(store, ["odd"], tmp_path / "repository", LIMITS)
    other = SHOPS.model_copy(update={"columns": SHOPS.columns | {"shop": "int64"}})
    store.declare("shops", SHOPS)
    store.declare("more_shops", other)
    with pytest.raises(InvalidInputError, match="'shop' has different types"):
        export_to_feast(store, ["shops", "more_shops"], tmp_path / "repository", LIMITS)
    assert not (tmp_path / "repository").exists()


@pytest.mark.slow
def test_feast_answers_as_we_do(exported: tuple[FeatureStore, Path], tmp_path: Path) -> None:
    """Row by row, with ids that are not there, and times before, between and after all records."""
    store, repository = exported
    # Feast gives one row for all with one id and one time: here, no two have that.
    rows = [
        {
            "number": half_days * 8 + customer,
            "customer": customer,
            "shop": f"s{(customer + half_days) % 8}",
            "event_timestamp": day(half_days / 2 - 1).isoformat(),
        }
        for half_days in range(66)
        for customer in range(8)
    ]
    questions, answers = tmp_path / "questions.json", tmp_path / "answers.json"
    questions.write_text(json.dumps({"rows": rows, "features": [*FEATURES, *SHOP_FEATURES]}))
    script = Path(__file__).with_name("feast_answers.py")
    done = subprocess.run(
        [PYTHON, "-I", script, repository, questions, answers],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    theirs = {row["number"]: row for row in json.loads(answers.read_text())}
    ours = ask(store, rows)
    assert len(ours) == len(rows)
    # Feast's file store drops a row whose id has records later, but none yet.
    firsts = {name: first_times(store, name) for name in ("customers", "shops")}
    early = {row["number"] for row in ours if is_early(row, firsts)}
    assert {row["number"] for row in ours} - set(theirs) == early
    assert 0 < len(early) < 100
    names = [name.replace(":", "__") for name in (*FEATURES, *SHOP_FEATURES)]
    for row in ours:
        if row["number"] not in early:
            assert [same_digits(row[name]) for name in names] == [
                same_digits(theirs[row["number"]][name]) for name in names
            ]


def same_digits(value: Any) -> Any:
    """Round numbers to the digits that JSON has of them."""
    return round(value, 6) if isinstance(value, float) else value


def first_times(store: FeatureStore, group: str) -> dict[Any, datetime]:
    history = read(store, group, history=True)
    return {found[0]: found[1] for found in reversed(history)}


def is_early(row: dict[str, Any], firsts: dict[str, dict[Any, datetime]]) -> bool:
    """Tell whether the first record of one of the ids comes after the row's time."""
    at = row["event_timestamp"]
    return any(
        firsts[group].get(row[key], at) > at
        for key, group in (("customer", "customers"), ("shop", "shops"))
    )


def ask(store: FeatureStore, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    columns = {
        "number": "int64",
        "customer": "int64",
        "shop": "string",
        "event_timestamp": "timestamp",
    }
    given = [
        row | {"event_timestamp": datetime.fromisoformat(row["event_timestamp"])} for row in rows
    ]
    joins = [Join("customers", "customer"), Join("shops", "shop")]
    content = records(given, columns).content
    with joined(store, content, "event_timestamp", joins, LIMITS) as answer:
        return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows()]
