"""Writing batches: checked as a whole, never by half, never twice."""

import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.features import ingesting
from bert_aas.features.store import FeatureStore
from bert_aas.tables.arrow import pa, parquet
from tests.bert_aas.features.records import CUSTOMERS, day, files_in, read, write

ANNA = {"id": 1, "since": day(1), "city": "Ulm", "ids": [1, 2]}
BERT = {"id": 2, "since": day(1), "city": None, "ids": []}


@pytest.fixture
def store(tmp_path: Path) -> FeatureStore:
    return FeatureStore(tmp_path / "groups")


def test_records_keep_their_types(store: FeatureStore) -> None:
    written = write(store, "customers", [ANNA, BERT])
    assert (written.rows, written.is_new) == (2, True)
    assert read(store, "customers") == [(1, day(1), "Ulm", [1, 2]), (2, day(1), None, [])]
    (file,) = store.batches("customers", written.version)
    # Releases of pyarrow call the items of a list in a file differently.
    kinds = [str(field.type).replace("element", "item") for field in parquet.read_schema(file)]
    assert kinds == [
        *("int64", "timestamp[us, tz=UTC]", "string", str(pa.list_(pa.int32()))),
        *("timestamp[us, tz=UTC]", "bool"),
    ]


def test_a_batch_is_written_once(store: FeatureStore) -> None:
    write(store, "customers", [ANNA])
    again = write(store, "customers", [ANNA, BERT])
    assert (again.rows, again.is_new) == (1, False)
    assert write(store, "customers", [BERT], batch="2").is_new
    assert len(read(store, "customers")) == 2


@pytest.mark.parametrize(
    ("rows", "columns", "reason"),
    [
        ([ANNA, BERT | {"id": None}], {}, r"row 2 has no record id \('id'\)"),
        ([ANNA | {"since": None}], {}, r"row 1 has no event time \('since'\)"),
        ([ANNA, BERT, ANNA], {}, "the record 1 is there more than once at one event time"),
        ([ANNA], {"town": "string"}, "column 'town' that the group does not declare"),
        ([ANNA | {"city": 5}], {"city": "int64"}, "'city' is int64, and the group declares string"),
        (
            [ANNA | {"ids": [1.5]}],
            {"ids": "list<float64>"},
            "'ids' is list<float64>, and the group",
        ),
        ([ANNA | {"id": 0.5}], {"id": "float64"}, "'id' is float64, and the group declares int64"),
        ([ANNA | {"ids": [2**40]}], {"ids": "list<int64>"}, "out of range"),
        ([ANNA | {"ids": "[1, 2.5]"}], {"ids": "string"}, "no list of whole numbers"),
    ],
)
def test_what_does_not_fit_is_refused_whole(
    store: FeatureStore, rows: list[dict[str, Any]], columns: dict[str, str], reason: str
) -> None:
    with pytest.raises(InvalidInputError, match=reason) as refused:
        write(store, "customers", rows, columns=CUSTOMERS.columns | columns)
    assert "\n" not in str(refused.value)
    assert files_in(store.root) == ["customers/group.json"]
    assert read(store, "customers") == []


def test_a_column_may_not_be_missing(store: FeatureStore) -> None:
    columns = {name: kind for name, kind in CUSTOMERS.columns.items() if name != "city"}
    with pytest.raises(InvalidInputError, match="the batch has no column 'city'"):
        write(store, "customers", [ANNA], columns=columns)


def test_wider_types_hold_narrower_ones(store: FeatureStore) -> None:
    columns = CUSTOMERS.columns | {"id": "int32", "ids": "string"}
    write(store, "customers", [ANNA | {"ids": " [3,-4 ] "}, BERT | {"ids": None}], columns=columns)
    assert [row[3] for row in read(store, "customers")] == [[3, -4], None]


def test_many_rows_are_checked_across_batches(store: FeatureStore) -> None:
    rows = [ANNA | {"id": number} for number in range(5000)]
    with pytest.raises(InvalidInputError, match="the record 0 is there more than once"):
        write(store, "customers", [*rows, rows[0]])
    with pytest.raises(InvalidInputError, match=r"row 4001 has no record id"):
        write(store, "customers", [*rows[:4000], ANNA | {"id": None}, *rows[4000:]])
    write(store, "customers", rows)
    assert len(read(store, "customers")) == 5000


def _write_and_wait(root: Path, ready: Any) -> None:
    """Write all of a batch, and hang before it takes its name."""

    def hang(*_: object) -> None:
        ready.set()
        signal.pause()

    ingesting._sync = hang  # type: ignore[assignment]
    write(FeatureStore(root), "customers", [ANNA, BERT])


def test_a_killed_writer_leaves_no_half_batch(store: FeatureStore) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    writer = context.Process(target=_write_and_wait, args=(store.root, ready))
    writer.start()
    assert ready.wait(120)
    os.kill(int(writer.pid or 0), signal.SIGKILL)
    writer.join()
    assert read(store, "customers") == []
    assert write(store, "customers", [ANNA]).is_new
    assert len(read(store, "customers")) == 1


def test_plain_parquet_reads_it(store: FeatureStore) -> None:
    write(store, "customers", [ANNA])
    folder = store.root / "customers" / "data"
    table = parquet.read_table(folder)
    assert isinstance(table, pa.Table)
    assert table.column("city").to_pylist() == ["Ulm"]
