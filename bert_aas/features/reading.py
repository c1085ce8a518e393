"""Read feature groups: as they are, as they were, all that was written, or beside other rows."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from bert_aas.catalogue.contents import Content, Offered, Provider
from bert_aas.catalogue.names import FEATURES, MAIN, TableName
from bert_aas.catalogue.sql.asking import Answer, Limits, asked
from bert_aas.catalogue.sql.spelling import quoted
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.features.definitions import HISTORY, Version
from bert_aas.features.sources import moment
from bert_aas.features.store import FeatureStore
from bert_aas.features.tables import FeatureTables, moments_query, snapshot_query

_ROWS = TableName(MAIN, "rows_to_join")
_PLACE = "place of the row"


@dataclass(frozen=True)
class Reading:
    """What to read of a group.

    Attributes:
        group: Its name.
        as_of: The time at which the records are wanted; now if there is none.
        history: Read all records that were ever written.
        version: Its number; the newest if there is none.
    """

    group: str
    as_of: str | None = None
    history: bool = False
    version: int | None = None


@dataclass(frozen=True)
class Join:
    """A group to join.

    Attributes:
        group: Its name.
        column: The column of the rows that holds its record ids.
        version: Its number; the newest if there is none.
    """

    group: str
    column: str
    version: int | None = None


@contextmanager
def read_group(store: FeatureStore, reading: Reading, limits: Limits) -> Iterator[Answer]:
    """Read a group.

    Args:
        store: The store.
        reading: What to read.
        limits: What it may take.

    Yields:
        The records, by record id and event time.

    Raises:
        InvalidInputError: If there is no such group or version, or the time is none.
    """
    group = store.group(reading.group)
    version = group.version(reading.version)
    definition = version.definition
    if reading.history and reading.as_of:
        raise InvalidInputError("give a time (--as-of) or ask for all records (--history)")
    as_of = moment(reading.as_of) if reading.as_of else None
    records = _records(group.name, version)
    query = f"FROM {FEATURES}.{quoted(records.name)}"
    if not reading.history:
        query = f"FROM ({snapshot_query(definition, records, as_of)})"
    ordered = f"{query} ORDER BY {quoted(definition.record_id)}, {quoted(definition.event_time)}"
    with asked(ordered, [FeatureTables(store)], limits) as answer:
        yield answer


@contextmanager
def joined(
    store: FeatureStore, rows: Content, time: str, joins: Sequence[Join], limits: Limits
) -> Iterator[Answer]:
    """Put the features beside rows that they had at the time of each row.

    Args:
        store: The store.
        rows: The rows.
        time: The column of their times.
        joins: The groups.
        limits: What it may take.

    Yields:
        The rows in their order, with a column `GROUP__FEATURE` for each feature; what was not
        there at the time, or was deleted, is missing.

    Raises:
        InvalidInputError: If there is no such group or column.
    """
    providers: list[Provider] = [_OneTable(rows), FeatureTables(store)]
    with asked(_joined_query(store, time, joins), providers, limits) as answer:
        yield answer


class _OneTable:
    """Offers the rows to join."""

    def __init__(self, content: Content) -> None:
        self._content = content

    def find(self, name: TableName) -> Offered | None:
        """Find the table of rows."""
        return next(self.offered()) if name.key == _ROWS.key else None

    def offered(self) -> Iterator[Offered]:
        """Offer the rows."""
        yield Offered(_ROWS, "table", "rows to join", lambda: self._content)


def _joined_query(store: FeatureStore, time: str, joins: Sequence[Join]) -> str:
    columns, tables = ["given.* EXCLUDE (" + quoted(_PLACE) + ")"], []
    for number, join in enumerate(joins):
        group = store.group(join.group)
        version = group.version(join.version)
        definition = version.definition
        side = f"side_{number}"
        columns += [
            f"{side}.{quoted(name)} AS {quoted(f'{group.name}__{name}')}"
            for name in definition.features
        ]
        moments = moments_query(definition, _records(group.name, version))
        tables.append(
            f"ASOF LEFT JOIN ({moments}) {side} "
            f"ON given.{quoted(join.column)} = {side}.{quoted(definition.record_id)} "
            f"AND CAST(given.{quoted(time)} AS TIMESTAMPTZ) >= "
            f"{side}.{quoted(definition.event_time)}"
        )
    return (
        f"SELECT {', '.join(columns)} FROM "
        f"(SELECT *, row_number() OVER () AS {quoted(_PLACE)} FROM {_ROWS}) given "
        f"{' '.join(tables)} ORDER BY given.{quoted(_PLACE)}"
    )


def _records(name: str, version: Version) -> TableName:
    return TableName(FEATURES, f"{name}_v{version.number}{HISTORY}")
