"""A feature group as a table that a run reads: `features://GROUP?as_of=2026-11-01`.

The records as they were are written once, into a Parquet file beside the group. Its name says what
it was made of, so that a run on the same records finds the same file.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from bert_aas.catalogue.sql.connecting import connected
from bert_aas.catalogue.sql.spelling import literal, quoted
from bert_aas.catalogue.types import is_time
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.atomic import written_aside
from bert_aas.contracts.files.opened_files import writing_errors
from bert_aas.features.definitions import (
    IS_DELETED,
    WRITE_TIME,
    Definition,
    FeatureGroup,
    Version,
)
from bert_aas.features.store import FOLDER, FeatureStore
from bert_aas.features.types import item_of

IN_ORDER = "in-order-"
"""How files begin whose rows ExampleGen has shuffled before; it keeps their order."""

_OF_A_RUN = {"split", "run_id"}
"""Columns that the FeatureWriter writes."""
_SNAPSHOTS = "snapshots"
_OPTIONS = ("as_of", "version", "store")


@dataclass(frozen=True)
class _Wanted:
    """What an address of a feature group asks for."""

    group: str
    as_of: str = ""
    version: str = ""
    store: str = FOLDER


def snapshot_file(address: str) -> Path:
    """Find the file of the records that an address means; it is written if it is not there.

    Args:
        address: `features://GROUP`, with `as_of` (a time; else as they are now), `version` (its
            number; else the newest) and `store` (the folder of the groups; else `feature_groups`).

    Returns:
        A Parquet file: one row for each record that was there, in the order in which they were
        written, without columns of lists.

    Raises:
        InvalidInputError: If there is no such group, version or time, or no record.
    """
    as_of = _parsed(address).as_of
    store, group, version = addressed(address)
    batches = store.batches(group.name, version)
    if not batches:
        raise InvalidInputError(f"data.path: '{address}' has no records")
    names = " ".join(path.name for path in batches)
    key = hashlib.sha256(f"{as_of} {names}".encode()).hexdigest()[:32]
    folder = store.root / group.name / _SNAPSHOTS / f"version={version.number}"
    start = IN_ORDER if set(version.definition.columns) >= _OF_A_RUN else ""
    file = folder / f"{start}{key}.parquet"
    if not file.exists():
        with writing_errors(file), written_aside(file) as aside:
            _write(_query(version.definition, batches, as_of), aside)
    return file


def addressed(address: str) -> tuple[FeatureStore, FeatureGroup, Version]:
    """Find the version of a group that an address means.

    Args:
        address: See `snapshot_file`.

    Returns:
        The store, the group and the version.

    Raises:
        InvalidInputError: If there is no such group or version.
    """
    wanted = _parsed(address)
    store = FeatureStore(Path(wanted.store).expanduser())
    group = store.group(wanted.group)
    return store, group, group.version(int(wanted.version) if wanted.version else None)


def _parsed(address: str) -> _Wanted:
    parts = urlsplit(address)
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = next((name for name in given if name not in _OPTIONS), None)
    if unknown is not None or not parts.netloc or parts.path.strip("/"):
        raise InvalidInputError(
            f"data.path: '{address}' is no feature group; give features://GROUP, with "
            f"?{'=…&'.join(_OPTIONS)}=… if needed"
        )
    wanted = _Wanted(parts.netloc, **given)
    if wanted.as_of and not is_time(wanted.as_of):
        raise InvalidInputError(f"data.path: '{wanted.as_of}' is no time; give as_of=2026-11-01")
    if wanted.version and not wanted.version.isdecimal():
        raise InvalidInputError(f"data.path: '{wanted.version}' is no number of a version")
    return wanted


def _query(definition: Definition, batches: list[Path], as_of: str) -> str:
    """Select what was there, in the order in which it was written."""
    time = quoted(definition.event_time)
    files = ", ".join(literal(str(path)) for path in batches)
    columns = ", ".join(
        quoted(name) for name, kind in definition.columns.items() if not item_of(kind)
    )
    until = f"WHERE {time} <= CAST({literal(as_of)} AS TIMESTAMPTZ)" if as_of else ""
    return (
        f"SELECT {columns} FROM (SELECT *, filename, file_row_number FROM "
        f"read_parquet([{files}], filename = true, file_row_number = true) {until} "
        f"QUALIFY row_number() OVER (PARTITION BY {quoted(definition.record_id)} "
        f"ORDER BY {time} DESC, {WRITE_TIME} DESC, {IS_DELETED}) = 1) "
        f"WHERE NOT {IS_DELETED} ORDER BY {WRITE_TIME}, filename, file_row_number"
    )


def _write(query: str, file: Path) -> None:
    with connected() as connection:
        connection.execute(f"COPY ({query}) TO {literal(str(file))} (FORMAT parquet)")
