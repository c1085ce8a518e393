"""Feature groups as tables of SQL: `features.GROUP` as they are now, and their whole history."""

from collections.abc import Iterator

from bert_aas.catalogue.contents import Batches, Content, Offered, ParquetFiles, Queried
from bert_aas.catalogue.names import FEATURES, TableName
from bert_aas.catalogue.sql.spelling import literal, quoted
from bert_aas.features.definitions import HISTORY, IS_DELETED, WRITE_TIME, Definition, FeatureGroup
from bert_aas.features.store import FeatureStore
from bert_aas.features.types import arrow_type, duckdb_type


class FeatureTables:
    """Offers the newest version of each group; others by their number, as `features.GROUP_v1`."""

    def __init__(self, store: FeatureStore) -> None:
        """Take the store; nothing is read yet."""
        self._store = store

    def find(self, name: TableName) -> Offered | None:
        """Find a table by its name, in whatever case it is spelt."""
        if name.key[0] != FEATURES:
            return None
        return next((one for one in self._all() if one.name.key == name.key), None)

    def offered(self) -> Iterator[Offered]:
        """List the newest versions."""
        for group in self._store.groups():
            yield from self._of(group, group.name, None)

    def _all(self) -> Iterator[Offered]:
        yield from self.offered()
        for group in self._store.groups():
            for version in group.versions:
                yield from self._of(group, f"{group.name}_v{version.number}", version.number)

    def _of(self, group: FeatureGroup, name: str, number: int | None) -> Iterator[Offered]:
        version = group.version(number)
        records = TableName(FEATURES, f"{name}{HISTORY}")
        what = f"version {version.number}, by {version.definition.record_id}"
        yield Offered(
            TableName(FEATURES, name),
            "features",
            f"records as they are now; {what}",
            lambda: Queried(snapshot_query(version.definition, records)),
        )
        yield Offered(
            records,
            "features",
            f"all records that were ever written; {what}",
            lambda: history(self._store, group, number),
        )


def history(store: FeatureStore, group: FeatureGroup, number: int | None = None) -> Content:
    """Open all records of a version.

    Args:
        store: The store.
        group: The group.
        number: The version; the newest if there is none.

    Returns:
        The rows, with `write_time` and `is_deleted`.
    """
    version = group.version(number)
    stored = version.definition.stored
    files = store.batches(group.name, version)
    if files:
        return ParquetFiles(tuple(files), {name: duckdb_type(stored[name]) for name in stored})
    from bert_aas.tables.arrow import pa  # noqa: PLC0415 (a third of a second)

    schema = pa.schema([(name, arrow_type(kind)) for name, kind in stored.items()])
    return Batches(schema, lambda: iter(()))


def moments_query(definition: Definition, records: TableName) -> str:
    """Write the query for one row per record and event time: what was written last.

    Args:
        definition: The columns.
        records: The table of all records.

    Returns:
        DuckDB's SQL.
    """
    keys = f"{quoted(definition.record_id)}, {quoted(definition.event_time)}"
    return (
        f"SELECT * FROM {_spelt(records)} QUALIFY row_number() OVER "
        f"(PARTITION BY {keys} ORDER BY {WRITE_TIME} DESC, {IS_DELETED}) = 1"
    )


def snapshot_query(definition: Definition, records: TableName, as_of: str | None = None) -> str:
    """Write the query for the records as they are, or were at a time.

    Args:
        definition: The columns.
        records: The table of all records.
        as_of: The time, as DuckDB reads it.

    Returns:
        DuckDB's SQL.
    """
    time = quoted(definition.event_time)
    until = f"WHERE {time} <= CAST({literal(as_of)} AS TIMESTAMPTZ) " if as_of else ""
    columns = ", ".join(map(quoted, definition.columns))
    newest = (
        f"SELECT * FROM {_spelt(records)} {until}QUALIFY row_number() OVER "
        f"(PARTITION BY {quoted(definition.record_id)} "
        f"ORDER BY {time} DESC, {WRITE_TIME} DESC, {IS_DELETED}) = 1"
    )
    return f"SELECT {columns} FROM ({newest}) WHERE NOT {IS_DELETED}"


def _spelt(name: TableName) -> str:
    return f"{quoted(name.schema)}.{quoted(name.name)}"
