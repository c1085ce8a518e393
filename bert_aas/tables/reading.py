"""Read a whole table: the rows of all files of a path, or why they cannot be used."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.finding import TablePath, find_local
from bert_aas.tables.formats.delimited import opened_table
from bert_aas.tables.formats.json_lines import as_record, read_objects, with_columns_checked
from bert_aas.tables.formats.parquet import USE_THREADS, open_parquet, rows_of
from bert_aas.tables.sources import SourceFile, check_columns
from bert_aas.tables.streams import open_source, open_text
from bert_aas.tables.table import ArrowTable, JsonTable, Table, TextTable, appended
from bert_aas.tables.values import Record, Value, is_unicode, spelt, text_problem


def read_table(wanted: TablePath, text_columns: Sequence[str]) -> Table:
    """Read a table and the texts in it, by the rules of training.

    Args:
        wanted: The path.
        text_columns: Columns of texts that must be there, at least one.

    Returns:
        All rows.

    Raises:
        InvalidInputError: If the path means no table, or a row cannot be used: the first one is
            named.
    """
    files = find_local(wanted)
    readers = {"jsonl": _read_json, "parquet": _read_arrow}
    if files[0].format == "tfrecord":
        raise InvalidInputError(
            f"{wanted.setting}: '{wanted.path}' is TFRecord, which cannot be written back; give "
            "CSV, TSV, JSON lines or Parquet."
        )
    table = readers.get(files[0].format, _read_text)(files, tuple(text_columns))
    for name in table.columns:
        if not is_unicode(name):
            raise InvalidInputError(
                f"{table.called} has a column whose name is not valid Unicode (half a "
                "surrogate pair); rename it."
            )
    return table


def detected(source: SourceFile, required: tuple[str, ...]) -> tuple[str, ...]:
    """Say how a file is read where that is not what its name says.

    Args:
        source: The file.
        required: Columns that must be there.

    Returns:
        Sentences without a full stop.
    """
    if source.is_delimited():
        with opened_table(source, required) as table:
            return table.notices
    if source.format == "jsonl":
        with open_text(source) as text:
            return text.notices
    return ()


class _Texts:
    """Collects the texts of rows, and refuses rows that have none."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self.columns: list[list[str]] = [[] for _ in names]

    def add(self, records: Iterable[Record], source: SourceFile) -> Iterator[dict[str, Value]]:
        """Yield the values of each row."""
        place = "row" if source.format == "parquet" else "line"
        for number, content in records:
            problem = content if isinstance(content, str) else self._take(content)
            if problem or isinstance(content, str):
                cure = _cure(str(problem), source)
                raise InvalidInputError(f"{source.called}, {place} {number}: {problem}.{cure}")
            yield content

    def _take(self, values: dict[str, Value]) -> str | None:
        for name, column in zip(self._names, self.columns, strict=True):
            value = values.get(name)
            problem = text_problem(name, value)
            if problem:
                return problem
            text = spelt(value)
            if isinstance(text, str) and not is_unicode(text):
                return f"column '{name}' is not valid Unicode (half a surrogate pair)"
            column.append(str(text or ""))
        return None


def _cure(problem: str, source: SourceFile) -> str:
    if problem.startswith("not UTF-8") and source.format != "parquet":
        return f" Name the file's encoding with {source.option('encoding')}, e.g. cp1252."
    return ""


def _read_text(files: Sequence[SourceFile], text_columns: tuple[str, ...]) -> Table:
    texts = _Texts(text_columns)
    contents: list[dict[str, Value]] = []
    columns: dict[str, None] = {}
    separators: set[str] = set()
    notices: list[str] = []
    for source in files:
        given = dict(source.partitions)
        with opened_table(source, text_columns) as table:
            columns |= dict.fromkeys([*table.columns, *given])
            separators.add(table.dialect.separator)
            notices += table.notices
            contents += texts.add(_with(given, table.splitter.records()), source)
    rows = [[str(content.get(name) or "") for name in columns] for content in contents]
    found = TextTable(_called(files), tuple(columns), texts.columns, rows)
    found.separator = separators.pop() if len(separators) == 1 else None
    found.notices = tuple(notices)
    return found


def _read_json(files: Sequence[SourceFile], text_columns: tuple[str, ...]) -> Table:
    texts = _Texts(text_columns)
    rows: list[tuple[str, dict[str, Any]]] = []
    notices: list[str] = []
    for source in files:
        given = dict(source.partitions)
        notices += detected(source, text_columns)
        kept: list[tuple[str, dict[str, Any]]] = []
        records = with_columns_checked(_records(source, kept), text_columns, source)
        for _ in texts.add(_with(given, records), source):
            pass
        rows += [_given(line, content, given) for line, content in kept]
    columns = dict.fromkeys(name for _, content in rows for name in content)
    found = JsonTable(_called(files), tuple(columns), texts.columns, rows)
    found.notices = tuple(notices)
    return found


def _records(source: SourceFile, kept: list[tuple[str, dict[str, Any]]]) -> Iterator[Record]:
    for number, line, content in read_objects(source):
        if isinstance(content, dict):
            kept.append((line.rstrip("\r\n"), content))
        yield number, as_record(content)


def _given(
    line: str, content: dict[str, Any], given: dict[str, str | None]
) -> tuple[str, dict[str, Any]]:
    added = {name: value for name, value in given.items() if name not in content}
    return (appended(line, added), content | added) if added else (line, content)


def _read_arrow(files: Sequence[SourceFile], text_columns: tuple[str, ...]) -> Table:
    from bert_aas.tables.arrow import joined, pa  # noqa: PLC0415 (a third of a second)

    texts = _Texts(text_columns)
    tables = []
    for source in files:
        with open_source(source) as stream:
            file = open_parquet(stream, source.called)
            check_columns(file.schema_arrow.names, text_columns, source)
            try:
                table = file.read(use_threads=USE_THREADS)
            except (pa.ArrowException, OSError) as exc:
                raise InvalidInputError(f"{source.called} is damaged.") from exc
        for name, value in source.partitions:
            if name not in table.column_names:
                column = pa.array([value] * len(table), pa.string())
                table = table.append_column(name, column)
        records = _arrow_records(table.select(list(dict.fromkeys(text_columns))))
        for _ in texts.add(records, source):
            pass
        tables.append(table)
    try:
        whole = joined(tables)
    except pa.ArrowException as exc:
        raise InvalidInputError(
            f"{_called(files)}: the files give a column different types ({exc}); give them one by "
            "one."
        ) from exc
    return ArrowTable(_called(files), texts.columns, whole)


def _arrow_records(table: Any) -> Iterator[Record]:
    number = 0
    for batch in table.to_batches():
        for row in rows_of(batch):
            number += 1
            yield number, row


def _with(given: dict[str, str | None], records: Iterable[Record]) -> Iterable[Record]:
    """Add what a file's folders say to its records; its own columns come first."""
    if not given:
        return records
    return (
        (number, content if isinstance(content, str) else given | content)
        for number, content in records
    )


def _called(files: Sequence[SourceFile]) -> str:
    return files[0].called if len(files) == 1 else f"{files[0].setting}: these {len(files)} files"
