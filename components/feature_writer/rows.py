"""The records of a run: raw rows and what Transform made of them, side by side."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bert_aas.catalogue.contents import Batches
from bert_aas.catalogue.types import ZONED, is_time
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.names import ROW_KEY
from bert_aas.features.definitions import Definition
from bert_aas.features.ingesting import Records
from bert_aas.features.types import arrow_type, duckdb_type
from bert_aas.tables.arrow import pa
from components.feature_writer.columns import ExampleColumns, filled, read_columns
from components.feature_writer.params import WriterSettings

EVENT_TIME = "event_time"
LABEL, WORD_IDS, TYPE_IDS = "label", "input_word_ids", "input_type_ids"
"""What `models.preprocessing` calls its outputs; importing it would load the tokenizer."""

Columns = dict[str, Any]
"""Arrow's arrays by name."""

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
        once = _Once(settings)
        for columns in _columns(parts, settings, run):
            arrays = [columns[field.name].cast(field.type) for field in schema]
            batch = pa.RecordBatch.from_arrays(arrays, schema=schema)
            yield batch.filter(pa.array(once.keeps(columns)))

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


class _Once:
    """Leaves repetitions of a row out, as upsampling makes them."""

    def __init__(self, settings: WriterSettings) -> None:
        self._names = (_TEXT, _PAIR, LABEL) if settings.text_pair else (_TEXT, LABEL)
        self._seen: dict[int, int] = {}

    def keeps(self, columns: Columns) -> list[bool]:
        """Tell which rows come for the first time.

        Args:
            columns: The columns of some rows.

        Returns:
            For each row whether it does.

        Raises:
            InvalidInputError: If another row has the key of one.
        """
        keys = columns[ROW_KEY].to_pylist()
        contents = zip(*(columns[name].to_pylist() for name in self._names), strict=True)
        return [self._is_new(*pair) for pair in zip(keys, contents, strict=True)]

    def _is_new(self, row_key: str, content: tuple[str, ...]) -> bool:
        key, found = hash(row_key), hash(content)
        if key not in self._seen:
            self._seen[key] = found
            return True
        if self._seen[key] != found:
            raise InvalidInputError(
                f"two rows with different texts or labels have the key '{row_key}'; set "
                "data.key_column to a column whose values differ, or leave it out"
            )
        return False


def _columns(
    parts: Sequence[Part], settings: WriterSettings, run: tuple[str, str]
) -> Iterator[Columns]:
    for part in parts:
        for raw, made in read_columns((part.raw, part.transformed)):
            keys = raw.spelt(ROW_KEY)
            if not keys.equals(made.spelt(ROW_KEY)):
                raise RuntimeError(f"{part.transformed} does not hold the rows of {part.raw}")
            yield {
                ROW_KEY: keys,
                EVENT_TIME: _times(raw, settings.params.event_time_column, run[1]),
                **_texts(raw, settings),
                **_made(made),
                "split": _repeated(part.split, raw),
                "run_id": _repeated(run[0], raw),
            }


def _texts(raw: ExampleColumns, settings: WriterSettings) -> Columns:
    named = {_TEXT: settings.text, LABEL: settings.label, **_slices(settings)}
    if settings.text_pair:
        named[_PAIR] = settings.text_pair
    return {name: raw.spelt(column) for name, column in named.items()}


def _made(made: ExampleColumns) -> Columns:
    ids, types = made.ids(WORD_IDS), made.ids(TYPE_IDS)
    is_typed = types.offsets.equals(ids.offsets)
    return {
        "input_ids": ids,
        "input_mask": filled(ids, 1),
        "segment_ids": types if is_typed else filled(ids, 0),
        "label_id": made.first(LABEL),
    }


def _repeated(text: str, rows: ExampleColumns) -> Any:
    return pa.array([text] * len(rows), pa.string())


def _times(raw: ExampleColumns, column: str | None, default: str) -> Any:
    if column is None:
        return _repeated(default, raw)
    times = raw.spelt(column)
    wrong = {text for text in times.unique().to_pylist() if text is None or not is_time(text)}
    if wrong:
        place, text = next(each for each in enumerate(times.to_pylist()) if each[1] in wrong)
        raise InvalidInputError(
            f"`features.event_time_column`: the row '{raw.spelt(ROW_KEY)[place]}' has "
            f"{'no value' if text is None else repr(text)} in the column '{column}', which is no "
            "time; give 2026-11-01 or 2026-11-01T12:30:00"
        )
    return times
