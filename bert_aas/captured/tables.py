"""Captured requests as a table of SQL: a row for each text."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bert_aas.captured.events import PATTERN, Event, read_events
from bert_aas.captured.rows import CapturedRow, rows_of
from bert_aas.catalogue.contents import Batches, Offered
from bert_aas.catalogue.names import CAPTURED, MAIN, TableName
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.arrow import pa

_BATCH_ROWS = 5_000
_TEXT, _WHOLE = pa.string(), pa.int64()
_SCHEMA = pa.schema(
    [
        ("time", pa.timestamp("us", tz="UTC")),
        ("model", _TEXT),
        ("version", _WHOLE),
        ("row", _WHOLE),
        ("text", _TEXT),
        ("text_pair", _TEXT),
        ("label", _TEXT),
        ("probability", pa.float64()),
        ("input", _TEXT),
        ("output", _TEXT),
        ("event_id", _TEXT),
        ("request_id", _TEXT),
        ("inference_id", _TEXT),
        ("method", _TEXT),
        ("signature", _TEXT),
        ("entrypoint", _TEXT),
    ]
)
_FROM_METADATA = ("eventId", "requestId", "inferenceId", "method", "signatureName", "entrypoint")


class CapturedTable:
    """Offers `captured`, as far as there is a folder of captured requests."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; nothing is read yet.

        Args:
            folder: The `folder` of a capture config file.
        """
        self._folder = folder

    def find(self, name: TableName) -> Offered | None:
        """Find a table by its name, in whatever case it is spelt."""
        return self._offer() if name.key == (MAIN, CAPTURED) else None

    def offered(self) -> Iterator[Offered]:
        """List the table, if there is anything in it."""
        if next(self._folder.rglob(PATTERN), None) is not None:
            yield self._offer()

    def _offer(self) -> Offered:
        summary = f"texts that models in use were asked, and their answers, in {self._folder}"
        return Offered(TableName(MAIN, CAPTURED), CAPTURED, summary, self._open)

    def _open(self) -> Batches:
        if not self._folder.is_dir():
            raise InvalidInputError(
                f"there are no captured requests: {self._folder} is not a folder; "
                "BERT_AAS_CAPTURED names the folder of a capture config file"
            )
        return Batches(_SCHEMA, lambda: _batches(self._folder))


def _batches(folder: Path) -> Iterator[Any]:
    rows = (_cells(event, row) for event in read_events(folder) for row in rows_of(event))
    while some := list(itertools.islice(rows, _BATCH_ROWS)):
        arrays = [
            pa.array(column, field.type)
            for column, field in zip(zip(*some, strict=True), _SCHEMA, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=_SCHEMA)


def _cells(event: Event, row: CapturedRow) -> tuple[Any, ...]:
    metadata = event.metadata
    version = str(metadata.get("modelVersion", ""))
    return (
        event.time,
        _valid(metadata.get("modelName")),
        int(version) if version.isdecimal() else None,
        row.row,
        *map(_valid, row.texts),
        _valid(row.label[0]),
        row.label[1],
        json.dumps(row.asked),
        json.dumps(row.answered),
        *(_valid(metadata.get(name)) for name in _FROM_METADATA),
    )


def _valid(value: Any) -> str | None:
    """Return a text that UTF-8 can hold."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None
