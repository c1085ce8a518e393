"""A group as the table that a run reads."""

from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.features.definitions import Definition
from bert_aas.features.snapshots import IN_ORDER, snapshot_file
from bert_aas.features.sources import delete
from bert_aas.features.store import FeatureStore
from bert_aas.tables.arrow import parquet
from tests.bert_aas.features.records import CUSTOMERS, day, write


@pytest.fixture
def store(tmp_path: Path) -> FeatureStore:
    store = FeatureStore(tmp_path / "groups")
    for batch, rows in {"b": [(3, 1, "Ulm"), (1, 2, "Bonn")], "a": [(2, 1, "Kiel")]}.items():
        records = [
            {"id": number, "since": day(at), "city": city, "ids": []} for number, at, city in rows
        ]
        write(store, "customers", records, batch=batch)
    delete(store, "customers", ["1"], "1970-01-05")
    return store


def cities(store: FeatureStore, options: str = "") -> list[str]:
    table = parquet.read_table(snapshot_file(address(store, options)))
    found: list[str] = table.column("city").to_pylist()
    return found


def address(store: FeatureStore, options: str = "") -> str:
    return f"features://customers?store={store.root}{options}"


def test_records_come_in_the_order_in_which_they_were_written(store: FeatureStore) -> None:
    assert cities(store) == ["Ulm", "Kiel"]
    assert cities(store, "&as_of=1970-01-04") == ["Ulm", "Bonn", "Kiel"]
    assert cities(store, "&as_of=1970-01-02T12:00:00") == ["Ulm", "Kiel"]


def test_lists_are_left_out(store: FeatureStore) -> None:
    schema = parquet.read_schema(snapshot_file(address(store)))
    assert schema.names == ["id", "since", "city"]


def test_the_same_records_are_the_same_file(store: FeatureStore) -> None:
    first = snapshot_file(address(store))
    written = first.stat().st_mtime_ns
    assert snapshot_file(address(store)) == first
    assert first.stat().st_mtime_ns == written
    record = {"id": 9, "since": day(1), "city": "Hof", "ids": []}
    write(store, "customers", [record], batch="c")
    assert snapshot_file(address(store)) != first


def test_rows_of_a_run_keep_their_order(store: FeatureStore) -> None:
    """ExampleGen has shuffled them; those of other tables may be sorted."""
    assert not snapshot_file(address(store)).name.startswith(IN_ORDER)
    columns = CUSTOMERS.columns | {"split": "string", "run_id": "string"}
    of_a_run = CUSTOMERS.model_copy(update={"columns": columns, "fingerprint": "run"})
    write(store, "customers", [{"id": 1, "since": day(1)}], definition=of_a_run)
    assert snapshot_file(address(store)).name.startswith(IN_ORDER)


def test_versions_are_apart(store: FeatureStore) -> None:
    columns = {"id": "int64", "since": "timestamp", "city": "string"}
    other = Definition(record_id="id", event_time="since", columns=columns, fingerprint="b")
    write(store, "customers", [{"id": 1, "since": day(1), "city": "Graz"}], definition=other)
    assert cities(store) == ["Graz"]
    assert cities(store, "&version=1") == ["Ulm", "Kiel"]


def test_the_store_is_in_the_working_folder(
    store: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.root.rename(store.root.with_name("feature_groups"))
    monkeypatch.chdir(store.root.parent)
    assert snapshot_file("features://customers").is_file()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("&as_of=soon", "'soon' is no time"),
        ("&version=x", "'x' is no number of a version"),
        ("&version=7", "has no version 7"),
        ("&asof=1970-01-01", "is no feature group; give features://GROUP"),
    ],
)
def test_what_is_wrong_is_a_sentence(store: FeatureStore, options: str, reason: str) -> None:
    with pytest.raises(InvalidInputError, match=reason):
        snapshot_file(address(store, options))


def test_a_group_that_is_not_there_or_empty(store: FeatureStore) -> None:
    with pytest.raises(InvalidInputError, match="has no feature group shops"):
        snapshot_file(f"features://shops?store={store.root}")
    store.declare("shops", CUSTOMERS)
    with pytest.raises(InvalidInputError, match="has no records"):
        snapshot_file(f"features://shops?store={store.root}")
