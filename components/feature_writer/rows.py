"""The records of a run: raw rows and what Transform made of them, side by side."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from bert_aas.catalogue.contents import Batches
from bert_aas.catalogue.types import ZONED, is_time
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.names import ROW_KEY
from bert_aas.features.definitions import Definition
from bert_aas.features.ingesting import Records
from bert_aas.features.types import arrow_type, duckdb_type
from bert_aas.tables.arrow import pa
from components.feature_writer.params import WriterSettings
from components.tfrecords import batched, read_tfrecord_file

EVENT_TIME = "event_time"
LABEL, WORD_IDS, TYPE_IDS = "label", "input_word_ids", "input_type_ids"
"""What `models.preprocessing` calls its outputs; importing it would load the tokenizer."""

_TEXT, _PAIR = "text", "text_pair"
_IDS = "list<int32>"
_COLUMNS: Mapping[str, str] = {
    ROW_KEY: "string",
    EVENT_TIME: "timestamp",
    _TEXT: "string",
    _PAIR: "string",
    "input_ids": _IDS,
    "input_mask": _IDS,
    "segment_ids": _IDS,
    "label_id": "int64",
    LABEL: "string",
    "split": "string",
    "run_id": "string",
}


@dataclass(frozen=True)
class Part:
    """A file of raw examples, and the file of transformed ones of the same rows.

    Attributes:
        split: The split that they are a part of.
        raw: Path or URI.
        transformed: Path or URI.
    """

    split: str
    raw: str
    transformed: str


def declared(settings: WriterSettings, fingerprint: str) -> Definition:
    """Declare the columns of the group.

    Args:
        settings: What the node was told.
        fingerprint: What the features were made with.

    Returns:
        The definition.
    """
    columns = {name: kind for name, kind in _COLUMNS.items() if name != _PAIR or settings.text_pair}
    columns |= {kept: "string" for kept in _slices(settings)}
    return Definition(
        record_id=ROW_KEY,
        event_time=EVENT_TIME,
        columns=columns,
        fingerprint=fingerprint,
        label_rules=settings.label_rules,
    )


def records(
    parts: Sequence[Part], settings: WriterSettings, definition: Definition, run: tuple[str, str]
) -> Records:
    """Make the records of a run.

    Args:
        parts: The files.
        settings: What the node was told.
        definition: The columns.
        run: Its id, and its time: that of rows without a time of their own.

    Returns:
        The records, read when they are written. A time is a text there.
    """
    kinds = {
        name: "string" if name == EVENT_TIME else kind for name, kind in definition.columns.items()
    }
    schema = pa.schema([(name, arrow_type(kind)) for name, kind in kinds.items()])

    def batches() -> Iterator[Any]:
        for rows in batched(_once(_rows(parts, settings, run))):
            arrays = [pa.array([row[field.name] for row in rows], field.type) for field in schema]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    found = {name: duckdb_type(kind) for name, kind in definition.columns.items()}
    return Records(Batches(schema, batches), found | {EVENT_TIME: ZONED}, "the run")


def _slices(settings: WriterSettings) -> dict[str, str]:
    """Give the columns that are kept, by the name that they have in the group."""
    return {
        f"slice_{name}"
        if name.casefold() in {*_COLUMNS, "write_time", "is_deleted"}
        else name: name
        for name in settings.slices
    }


def _once(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Leave repetitions of a row out, as upsampling makes them."""
    seen: dict[int, int] = {}
    for row in rows:
        key, content = hash(row[ROW_KEY]), hash((row[_TEXT], row.get(_PAIR), row[LABEL]))
        if key not in seen:
            seen[key] = content
            yield row
        elif seen[key] != content:
            raise InvalidInputError(
                f"two rows with different texts or labels have the key '{row[ROW_KEY]}'; set "
                "data.key_column to a column whose values differ, or leave it out"
            )


def _rows(
    parts: Sequence[Part], settings: WriterSettings, run: tuple[str, str]
) -> Iterator[dict[str, Any]]:
    kept = _slices(settings)
    for part in parts:
        pairs = itertools.zip_longest(_examples(part.raw), _examples(part.transformed))
        for raw, made in pairs:
            if raw is None or made is None or _value(raw, ROW_KEY) != _value(made, ROW_KEY):
                raise RuntimeError(f"{part.transformed} does not hold the rows of {part.raw}")
            yield _record(raw, made, settings, run[1]) | {
                "split": part.split,
                "run_id": run[0],
                **{name: _spelt(raw, column) for name, column in kept.items()},
            }


def _record(raw: Any, made: Any, settings: WriterSettings, time: str) -> dict[str, Any]:
    ids = list(made[WORD_IDS].int64_list.value)
    types = list(made[TYPE_IDS].int64_list.value) if TYPE_IDS in made else [0] * len(ids)
    column = settings.params.event_time_column
    pair = {_PAIR: _spelt(raw, settings.text_pair)} if settings.text_pair else {}
    return pair | {
        ROW_KEY: _spelt(raw, ROW_KEY),
        EVENT_TIME: _time(raw, column) if column else time,
        _TEXT: _spelt(raw, settings.text),
        "input_ids": ids,
        "input_mask": [1] * len(ids),
        "segment_ids": types,
        "label_id": _value(made, LABEL),
        LABEL: _spelt(raw, settings.label),
    }


def _time(raw: Any, column: str) -> str:
    text = _spelt(raw, column)
    if text is None or not is_time(text):
        raise InvalidInputError(
            f"`features.event_time_column`: the row '{_spelt(raw, ROW_KEY)}' has "
            f"{'no value' if text is None else repr(text)} in the column '{column}', which is no "
            "time; give 2026-11-01 or 2026-11-01T12:30:00"
        )
    return text


def _examples(path: str) -> Iterator[Any]:
    for serialized in read_tfrecord_file(path):
        yield tf.train.Example.FromString(serialized).features.feature


def _value(features: Any, name: str) -> Any:
    if name not in features:  # reading it would make it
        return None
    kind = features[name].WhichOneof("kind")
    values = getattr(features[name], kind).value if kind else None
    return values[0] if values else None


def _spelt(features: Any, name: str) -> str | None:
    value = _value(features, name)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return None if value is None else str(value)
