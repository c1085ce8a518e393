"""Feature groups for tests."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bert_aas.catalogue.contents import Batches
from bert_aas.catalogue.sql.asking import Limits
from bert_aas.features.definitions import Definition
from bert_aas.features.ingesting import Records, Written, ingest
from bert_aas.features.reading import Reading, read_group
from bert_aas.features.store import FeatureStore
from bert_aas.features.types import arrow_type, duckdb_type
from bert_aas.tables.arrow import pa

LIMITS = Limits("500MB", 60)
CUSTOMERS = Definition(
    record_id="id",
    event_time="since",
    columns={"id": "int64", "since": "timestamp", "city": "string", "ids": "list<int32>"},
)


def day(number: float) -> datetime:
    return datetime.fromtimestamp(number * 86400, timezone.utc)


def records(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> Records:
    schema = pa.schema([(name, arrow_type(kind)) for name, kind in columns.items()])
    arrays = [pa.array([row.get(field.name) for row in rows], field.type) for field in schema]
    batch = pa.RecordBatch.from_arrays(arrays, schema=schema)
    kinds = {name: duckdb_type(kind) for name, kind in columns.items()}
    return Records(Batches(schema, lambda: iter([batch])), kinds, "the batch")


def write(
    store: FeatureStore,
    name: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    batch: str = "1",
    definition: Definition = CUSTOMERS,
    columns: Mapping[str, str] | None = None,
) -> Written:
    version = store.declare(name, definition)
    given = records(rows, columns or definition.columns)
    return ingest(store, name, version, given, batch)


def read(store: FeatureStore, group: str, **options: Any) -> list[tuple[Any, ...]]:
    with read_group(store, Reading(group, **options), LIMITS) as answer:
        return list(answer.rows())


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
