"""A user's table as records of a feature group: its columns, their types, and its batch's id."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from bert_aas.catalogue.adding import NewTable, look_at
from bert_aas.catalogue.catalogued import content_of
from bert_aas.catalogue.contents import Batches
from bert_aas.catalogue.types import ZONED, is_time
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.features.definitions import Definition, definition
from bert_aas.features.ingesting import Records, Written, ingest
from bert_aas.features.store import FeatureStore
from bert_aas.features.types import arrow_type, duckdb_type, feature_type, found_type, item_of
from bert_aas.tables.sources import ReadOptions

_READ_AS: Mapping[str, str] = {
    "string": "text",
    "bool": "boolean",
    "int32": "integer",
    "int64": "integer",
    "float32": "float",
    "float64": "float",
}


@dataclass(frozen=True)
class NewRecords:
    """A table to write into a group.

    Attributes:
        group: Name of the group.
        path: A file, a folder or a pattern.
        record_id: The column of the record id; needed where the group is new.
        event_time: The column of the event time; needed where the group is new.
        types: Types of features, as the user spelt them; others are found.
        fingerprint: What the features were made with; another one is another version.
        batch: The batch's id; by default the table's content is.
        options: How to read the files.
    """

    group: str
    path: str
    record_id: str | None = None
    event_time: str | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    fingerprint: str = ""
    batch: str | None = None
    options: ReadOptions = field(default_factory=ReadOptions)


def ingest_table(store: FeatureStore, new: NewRecords) -> Written:
    """Write a table into a group; the group is made if it is not there.

    Args:
        store: The store.
        new: The table.

    Returns:
        What became of it.

    Raises:
        InvalidInputError: If the table cannot be read, or does not fit the group.
    """
    declared = _declared(store, new)
    given = declared.columns if declared else _given(new)
    read_as = {name: _read_as(kind) for name, kind in given.items() if _read_as(kind)}
    here = Path.cwd()
    entry = look_at(NewTable("records", new.path, read_as, new.options), here)
    wanted = declared or _found(new, entry.columns)
    records = Records(content_of(entry, here), entry.columns, f"'{new.path}'")
    version = store.declare(new.group, wanted)
    content = "".join(state.sha256 for state in entry.files)
    return ingest(store, new.group, version, records, new.batch or f"content {content}")


def delete(store: FeatureStore, name: str, ids: list[str], at: str | None = None) -> Written:
    """Say of records that they are gone, from a time on.

    Args:
        store: The store.
        name: Name of the group.
        ids: Their record ids.
        at: The time; now if there is none.

    Returns:
        What became of the batch.

    Raises:
        InvalidInputError: If there is no such group, or an id does not have its type.
    """
    from bert_aas.tables.arrow import pa  # noqa: PLC0415 (a third of a second)

    group = store.group(name)
    version = group.version()
    declared = version.definition
    kind = declared.columns[declared.record_id]
    time = moment(at) if at else datetime.now(timezone.utc).isoformat()
    try:
        array = pa.array(ids, pa.string()).cast(arrow_type(kind))
    except pa.ArrowException as exc:
        raise InvalidInputError(
            f"a record id of {group.name} is {kind}, which one of {', '.join(ids)} is not"
        ) from exc
    columns = [array, pa.array([time] * len(ids), pa.string())]
    names = [declared.record_id, declared.event_time]
    batch = pa.RecordBatch.from_arrays(columns, names=names)
    content = Batches(batch.schema, lambda: iter([batch]))
    kinds = {names[0]: duckdb_type(kind), names[1]: ZONED}
    records = Records(content, kinds, "the deletion", deleted=True)
    return ingest(store, group.name, version, records, f"deletion {uuid.uuid4()}")


def moment(text: str) -> str:
    """Check a time that a user gives.

    Args:
        text: A date, or a date and a time, with its distance from UTC or without.

    Returns:
        The same.

    Raises:
        InvalidInputError: If it is none.
    """
    if not is_time(text):
        raise InvalidInputError(
            f"'{text}' is no time; give 2026-11-01, 2026-11-01T12:30:00 or "
            "2026-11-01T12:30:00+02:00 (UTC if it does not say)"
        )
    return text


def _declared(store: FeatureStore, new: NewRecords) -> Definition | None:
    """Find the definition of the version that the records are for, if there is one."""
    group = store.find(new.group)
    if group is None:
        return None
    same = [v for v in group.versions if v.definition.fingerprint == new.fingerprint]
    if not same:
        return None
    known = same[-1].definition
    return definition(
        new.record_id or known.record_id,
        new.event_time or known.event_time,
        {**known.columns, **_given(new)},
        known.fingerprint,
    )


def _given(new: NewRecords) -> dict[str, str]:
    return {name: feature_type(kind) for name, kind in new.types.items()}


def _read_as(kind: str) -> str:
    return "text" if item_of(kind) else _READ_AS.get(kind, "")


def _found(new: NewRecords, columns: Mapping[str, str]) -> Definition:
    for what, column, option in (
        ("record id", new.record_id, "--record-id"),
        ("event time", new.event_time, "--event-time"),
    ):
        if column is None:
            raise InvalidInputError(
                f"the feature group {new.group} is new; say which column is its {what} ({option})"
            )
    given = _given(new)
    kinds = {name: given.get(name) or found_type(kind) for name, kind in columns.items()}
    unknown = next((name for name, kind in kinds.items() if kind is None), None)
    if unknown is not None:
        raise InvalidInputError(
            f"'{new.path}': the column '{unknown}' is {columns[unknown]}, for which there is no "
            "type of a feature"
        )
    columns_found = {name: str(kind) for name, kind in kinds.items()}
    return definition(str(new.record_id), str(new.event_time), columns_found, new.fingerprint)
