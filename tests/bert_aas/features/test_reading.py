"""Reading groups as they are and were; pandas says what must come out."""

import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bert_aas.catalogue.sql.asking import asked
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.features.definitions import Definition
from bert_aas.features.reading import Join, joined
from bert_aas.features.sources import delete
from bert_aas.features.store import FeatureStore
from bert_aas.features.tables import FeatureTables
from tests.bert_aas.features.records import CUSTOMERS, LIMITS, day, read, records, write

SPINE = {"number": "int64", "customer": "int64", "at": "timestamp"}


def row(number: int, at: float, city: str) -> dict[str, Any]:
    return {"id": number, "since": day(at), "city": city, "ids": [number]}


@pytest.fixture
def store(tmp_path: Path) -> FeatureStore:
    """Two customers: one moved twice, the other was deleted on day 4 and came back on day 6."""
    store = FeatureStore(tmp_path / "groups")
    write(store, "customers", [row(1, 1, "Ulm"), row(1, 3, "Bonn"), row(2, 2, "Kiel")])
    delete(store, "customers", ["2"], "1970-01-05")
    write(store, "customers", [row(1, 5, "Jena"), row(2, 6, "Trier")], batch="2")
    return store


@pytest.mark.parametrize(
    ("as_of", "cities"),
    [
        (None, {1: "Jena", 2: "Trier"}),
        ("1970-01-01", {}),
        ("1970-01-02", {1: "Ulm"}),
        ("1970-01-03T23:59:59", {1: "Ulm", 2: "Kiel"}),
        ("1970-01-04", {1: "Bonn", 2: "Kiel"}),
        ("1970-01-05", {1: "Bonn"}),
        ("1970-01-07T01:00:00+02:00", {1: "Jena"}),
        ("1970-01-07T00:00:00Z", {1: "Jena", 2: "Trier"}),
    ],
)
def test_records_as_they_were(
    store: FeatureStore, as_of: str | None, cities: dict[int, str]
) -> None:
    assert {found[0]: found[2] for found in read(store, "customers", as_of=as_of)} == cities


def test_the_history_has_everything(store: FeatureStore) -> None:
    found = read(store, "customers", history=True)
    assert [(one[0], one[1], one[2], one[5]) for one in found] == [
        (1, day(1), "Ulm", False),
        (1, day(3), "Bonn", False),
        (1, day(5), "Jena", False),
        (2, day(2), "Kiel", False),
        (2, day(4), None, True),
        (2, day(6), "Trier", False),
    ]


def test_what_was_written_later_corrects(store: FeatureStore) -> None:
    write(store, "customers", [row(1, 3, "Hof")], batch="correction")
    assert read(store, "customers", as_of="1970-01-04")[0][2] == "Hof"
    assert read(store, "customers")[0][2] == "Jena"


def test_a_record_may_be_deleted_again(store: FeatureStore) -> None:
    """At the same time as before, after somebody has written it once more."""
    delete(store, "customers", ["1"], "1970-01-06")
    write(store, "customers", [row(1, 5, "Hof")], batch="again")
    assert [one[0] for one in read(store, "customers")] == [1, 2]
    delete(store, "customers", ["1"], "1970-01-06")
    assert [one[0] for one in read(store, "customers")] == [2]


def test_another_fingerprint_is_another_version(store: FeatureStore) -> None:
    other = CUSTOMERS.model_copy(update={"fingerprint": "other tokenizer"})
    made = write(store, "customers", [row(9, 1, "Graz")], definition=other)
    assert made.version.number == 2
    assert [one[0] for one in read(store, "customers")] == [9]
    assert [one[0] for one in read(store, "customers", version=1)] == [1, 2]
    with pytest.raises(InvalidInputError, match="has no version 3; the newest one is 2"):
        read(store, "customers", version=3)


def test_a_version_has_one_definition(store: FeatureStore) -> None:
    columns = CUSTOMERS.columns | {"city": "int64"}
    changed = CUSTOMERS.model_copy(update={"columns": columns})
    with pytest.raises(InvalidInputError, match="'city' as string, not as int64"):
        store.declare("customers", changed)


def test_groups_are_tables(store: FeatureStore) -> None:
    tables = FeatureTables(store)
    query = (
        "SELECT count(*), (SELECT count(*) FROM features.customers_history) FROM features.Customers"
    )
    with asked(query, [tables], LIMITS) as answer:
        assert list(answer.rows()) == [(2, 6)]
    with asked("SELECT max(city) FROM features.customers_v1", [tables], LIMITS) as answer:
        assert list(answer.rows()) == [("Trier",)]
    listed = [str(one.name) for one in tables.offered()]
    assert listed == ["features.customers", "features.customers_history"]


def test_what_is_wrong_is_a_sentence(store: FeatureStore) -> None:
    with pytest.raises(InvalidInputError, match="no feature group custmers; did you mean custom"):
        read(store, "custmers")
    with pytest.raises(InvalidInputError, match="'soon' is no time"):
        read(store, "customers", as_of="soon")
    with pytest.raises(InvalidInputError, match="a record id of customers is int64"):
        delete(store, "customers", ["x"])


def join(store: FeatureStore, rows: list[dict[str, Any]], *joins: Join) -> list[tuple[Any, ...]]:
    with joined(store, records(rows, SPINE).content, "at", joins, LIMITS) as answer:
        return list(answer.rows())


def test_rows_get_the_features_of_their_time(store: FeatureStore) -> None:
    shops = Definition(
        record_id="shop",
        event_time="opened",
        columns={"shop": "int64", "opened": "timestamp", "size": "float64"},
    )
    write(store, "shops", [{"shop": 2, "opened": day(3), "size": 0.5}], definition=shops)
    wanted = [(2, 4.5), (1, 4.5), (2, 2), (7, 9), (1, 0.5)]
    rows = [
        {"number": number, "customer": customer, "at": day(at)}
        for number, (customer, at) in enumerate(wanted)
    ]
    found = join(store, rows, Join("customers", "customer"), Join("shops", "customer"))
    assert [(one[0], *one[3:]) for one in found] == [
        (0, None, None, 0.5),
        (1, "Bonn", [1], None),
        (2, "Kiel", [2], None),
        (3, None, None, None),
        (4, None, None, None),
    ]


Histories = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 8), st.booleans(), st.integers(0, 2)), max_size=20
)


@settings(max_examples=50, deadline=None)
@given(Histories, st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 9)), max_size=8))
def test_pandas_says_the_same(
    events: list[tuple[int, int, bool, int]], asked_for: list[tuple[int, int]]
) -> None:
    """Random records, deletions and corrections in three batches, beside `merge_asof`."""
    with tempfile.TemporaryDirectory() as folder:
        store = FeatureStore(Path(folder))
        store.declare("customers", CUSTOMERS)
        # Of one record and time in one batch, the last one; of several batches, the later one's.
        last = {(batch, number, at): gone for number, at, gone, batch in events}
        truth: dict[tuple[int, int], str | None] = {}
        for batch in range(3):
            here = {key[1:]: gone for key, gone in last.items() if key[0] == batch}
            kept = [row(*key, f"{batch}-{key}") for key, gone in here.items() if not gone]
            write(store, "customers", kept, batch=f"batch {batch}")
            for (number, at), gone in here.items():
                if gone:
                    delete(store, "customers", [str(number)], day(at).isoformat())
            truth |= {key: None if gone else f"{batch}-{key}" for key, gone in here.items()}
        rows = [
            {"number": place, "customer": customer, "at": day(at)}
            for place, (customer, at) in enumerate(asked_for)
        ]
        ours = [one[3] for one in join(store, rows, Join("customers", "customer"))]
    assert ours == _by_pandas(truth, asked_for)


def _by_pandas(
    truth: dict[tuple[int, int], str | None], asked_for: list[tuple[int, int]]
) -> list[str | None]:
    if not truth or not asked_for:
        return [None] * len(asked_for)
    right = pd.DataFrame(
        [(number, at, city) for (number, at), city in truth.items()], columns=["id", "at", "city"]
    )
    left = pd.DataFrame(asked_for, columns=["id", "at"]).reset_index()
    merged = pd.merge_asof(left.sort_values("at"), right.sort_values("at"), on="at", by="id")
    found = merged.sort_values("index")["city"]
    return [city if isinstance(city, str) else None for city in found]
