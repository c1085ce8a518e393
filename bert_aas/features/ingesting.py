"""Write a batch of records: checked as a whole, renamed once, and never written twice."""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bert_aas.catalogue.contents import Batches, Content, ParquetFiles
from bert_aas.catalogue.names import alike
from bert_aas.catalogue.sql.asking import parquet_query
from bert_aas.catalogue.sql.connecting import connected
from bert_aas.catalogue.sql.spelling import literal, quoted
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.atomic import written_aside
from bert_aas.contracts.files.opened_files import writing_errors
from bert_aas.features.definitions import IS_DELETED, WRITE_TIME, Definition, Version
from bert_aas.features.store import FeatureStore
from bert_aas.features.types import arrow_type, duckdb_type, found_type, holds, item_of

_ROWS = 2048
_INCOMING = "incoming_records"
_WHOLE_LIST = r"\s*\[\s*(-?\d+\s*(,\s*-?\d+\s*)*)?\]\s*"


@dataclass(frozen=True)
class Written:
    """What became of a batch.

    Attributes:
        rows: How many records it has.
        is_new: Whether it was written; else it was there.
        version: The version that has it.
    """

    rows: int
    is_new: bool
    version: Version


@dataclass(frozen=True)
class Records:
    """Records to write.

    Attributes:
        content: The rows.
        columns: Name to DuckDB's name of the type, as the rows have them.
        called: What messages call them.
        deleted: Whether they say that their records are gone.
    """

    content: Content
    columns: Mapping[str, str]
    called: str
    deleted: bool = False


def ingest(
    store: FeatureStore, name: str, version: Version, records: Records, batch: str
) -> Written:
    """Write a batch.

    Args:
        store: The store.
        name: Name of the group.
        version: Its version.
        records: The records.
        batch: The batch's id: one that was written is not written again.

    Returns:
        What became of it.

    Raises:
        InvalidInputError: If a column is unknown, missing or of a wrong type, a record has no id or
            no event time, or two records have both in common; nothing is written then.
    """
    definition = version.definition
    file = store.data(name, version) / f"{hashlib.sha256(batch.encode()).hexdigest()[:32]}.parquet"
    if file.exists():
        return Written(_rows(file), is_new=False, version=version)
    _check_columns(definition, records)
    with writing_errors(file), written_aside(file) as aside:
        rows = _write(definition, records, aside)
        _check_duplicates(definition, records.called, aside)
        _sync(aside)
    _sync(file.parent)
    return Written(rows, is_new=True, version=version)


def _check_columns(definition: Definition, records: Records) -> None:
    needed = (
        (definition.record_id, definition.event_time) if records.deleted else definition.columns
    )
    for name in records.columns:
        if name not in definition.columns:
            raise InvalidInputError(
                f"{records.called} has a column '{name}' that the group does not declare"
                f"{alike(name, definition.columns)}"
            )
    for name in needed:
        if name not in records.columns:
            raise InvalidInputError(f"{records.called} has no column '{name}'")
        found, declared = found_type(records.columns[name]), definition.columns[name]
        from_text = found == "string" and item_of(declared) is not None
        if found is None or not (holds(declared, found) or from_text):
            raise InvalidInputError(
                f"{records.called}: the column '{name}' is {found or records.columns[name]}, and "
                f"the group declares {declared}"
            )


def _write(definition: Definition, records: Records, aside: Path) -> int:
    from bert_aas.tables.arrow import pa, parquet  # noqa: PLC0415 (a third of a second)

    schema = pa.schema([(name, arrow_type(kind)) for name, kind in definition.stored.items()])
    written_at = datetime.now(timezone.utc)
    rows = 0
    with aside.open("wb") as stream, parquet.ParquetWriter(stream, schema, version="2.6") as writer:
        for batch in _typed(definition, records):
            _check_given(definition, records.called, batch, rows)
            rows += batch.num_rows
            own = {WRITE_TIME: [written_at], IS_DELETED: [records.deleted]}
            columns = {**dict(zip(batch.schema.names, batch.columns, strict=True))}
            columns |= {
                name: pa.array(values * batch.num_rows, schema.field(name).type)
                for name, values in own.items()
            }
            arrays = [columns[field.name].cast(field.type) for field in schema]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    return rows


def _typed(definition: Definition, records: Records) -> Iterator[Any]:
    """Yield the records with their declared types; a declared column that is missing is null."""
    import duckdb  # noqa: PLC0415 (a tenth of a second)

    from bert_aas.catalogue.sql.arrow_streams import StreamedOnce  # noqa: PLC0415 (pyarrow)

    content = records.content
    stream = StreamedOnce(content) if isinstance(content, Batches) else None
    with connected() as connection:
        try:
            if stream is not None:
                connection.register(_INCOMING, stream)
            query = _query(definition, records)
            yield from iter(connection.execute(query).to_arrow_reader(_ROWS))
        except duckdb.Error as exc:
            if stream is not None and isinstance(stream.error, Exception):
                raise stream.error from exc
            said = str(exc).partition("\n")[0]
            raise InvalidInputError(f"{records.called}: {said}") from exc


def _query(definition: Definition, records: Records) -> str:
    source = _INCOMING
    if isinstance(records.content, ParquetFiles):
        source = f"({parquet_query(records.content)})"
    columns = ", ".join(
        f"{_cast(name, kind, records)} AS {quoted(name)}"
        for name, kind in definition.columns.items()
    )
    return f"SELECT {columns} FROM {source}"


def _cast(name: str, kind: str, records: Records) -> str:
    found = records.columns.get(name)
    if found is None:
        return f"CAST(NULL AS {duckdb_type(kind)})"
    value = f"CAST({quoted(name)} AS {found})"
    if found == "VARCHAR" and item_of(kind) in {"int32", "int64"}:
        said = literal(f"the column '{name}' holds a text that is no list of whole numbers")
        fits = f"regexp_full_match({value}, {literal(_WHOLE_LIST)})"
        value = f"CASE WHEN {value} IS NULL OR {fits} THEN {value} ELSE error({said}) END"
    return f"CAST({value} AS {duckdb_type(kind)})"


def _check_given(definition: Definition, called: str, batch: Any, before: int) -> None:
    for what, name in (("record id", definition.record_id), ("event time", definition.event_time)):
        column = batch.column(batch.schema.get_field_index(name))
        if column.null_count:
            place = before + 1 + column.is_null().to_pylist().index(True)
            raise InvalidInputError(f"{called}: row {place} has no {what} ('{name}')")


def _check_duplicates(definition: Definition, called: str, file: Path) -> None:
    keys = f"{quoted(definition.record_id)}, {quoted(definition.event_time)}"
    query = (
        f"SELECT {quoted(definition.record_id)} FROM read_parquet({literal(str(file))}) "
        f"GROUP BY {keys} HAVING count(*) > 1 ORDER BY 1 LIMIT 1"
    )
    with connected() as connection:
        found: Sequence[Any] | None = connection.execute(query).fetchone()
    if found:
        raise InvalidInputError(
            f"{called}: the record {found[0]!r} is there more than once at one event time"
        )


def _rows(file: Path) -> int:
    from bert_aas.tables.arrow import parquet  # noqa: PLC0415 (a third of a second)

    return int(parquet.read_metadata(file).num_rows)


def _sync(path: Path) -> None:
    """Have a file, or a folder's list of names, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
