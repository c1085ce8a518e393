"""What one pass over the rows learns: counts, column types, classes, splits; and what it refuses.

Preflight and the executor share it, so both refuse the same data with the same sentence.
"""

from collections.abc import Iterable

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.names import ROW_KEY
from bert_aas.contracts.params import FrozenParams
from bert_aas.tables.sources import SourceFile
from components.example_gen.params import GIVEN_SPLIT, DataParams
from components.example_gen.reading.batches import RowBatch
from components.example_gen.reading.column_types import ColumnType, column_type
from components.example_gen.reading.rows import BadRow, named_columns
from components.example_gen.splitting.label_counts import (
    LabelSummary,
    check_label_column,
    check_trained,
    summarize_labels,
)
from components.example_gen.splitting.splits import Hashes, SplitPlan, SplitPlanner

MIN_ROWS = 10


class SourceSummary(FrozenParams):
    """What the data are.

    Attributes:
        files: Names of the files read.
        format: Their format.
        bytes: Their size as stored.
        rows: Usable rows.
        bad_rows: Rows that cannot be used.
        first_bad: The first of them in words: file, line and reason.
        trimmed_labels: Usable rows whose label stood between blanks, which are cut off.
        missing_texts: Usable rows whose text is missing or blank.
        columns: `int`, `float`, `bytes` or `missing` by column.
        labels: Rows by label, and which labels the train split lacks.
        plan: How rows are split.
        times: The earliest and the latest time, where rows are split by time.
        complete: False if the pass stopped before the last row.
        notices: What the user should know of how the files are read; preflight alone fills it.
    """

    files: tuple[str, ...]
    format: str
    bytes: int
    rows: int
    bad_rows: int
    first_bad: str | None
    missing_texts: int
    trimmed_labels: int = 0
    columns: dict[str, str]
    labels: LabelSummary
    plan: SplitPlan
    times: tuple[str, str] | None = None
    complete: bool = True
    notices: tuple[str, ...] = ()


class Analysis:
    """Accumulates over rows; two of them can be merged."""

    def __init__(self, params: DataParams, numbers_as_text: bool) -> None:
        """Start with no rows.

        Args:
            params: The columns, fractions and whether to stratify.
            numbers_as_text: True for CSV and TSV, where "7" is an integer.
        """
        self.refusal: str | None = None
        self._params = params
        self._numbers_as_text = numbers_as_text
        self._rows = 0
        self._bad_rows = 0
        self._first_bad: BadRow | None = None
        self._missing_texts = 0
        self._trimmed_labels = 0
        self._columns = dict.fromkeys(named_columns(params), ColumnType.BYTES)
        self._planner = SplitPlanner(params)

    def add(self, batch: RowBatch, hashes: Hashes) -> None:
        """Take more rows into account.

        Args:
            batch: The rows.
            hashes: Their `split_keys`.
        """
        self._bad_rows += len(batch.bad)
        for row in batch.bad:
            self._note_bad(row)
        self._rows += len(batch.numbers)
        self._trimmed_labels += batch.trimmed
        texts = batch.column(self._params.text_column)
        self._missing_texts += sum(text is None or str(text).isspace() for text in texts)
        self._planner.add(hashes, batch.labels(self._params))
        self._widen(batch)

    def columns(self) -> dict[str, ColumnType]:
        """Give the columns known so far, sorted by name, with the types that hold all values."""
        return {
            name: kind
            for name, kind in sorted(self._columns.items())
            if (name != ROW_KEY or name == self._params.key_column) and name != GIVEN_SPLIT
        }

    def _widen(self, batch: RowBatch) -> None:
        for name, values in batch.columns.items():
            known = self._columns.get(name, ColumnType.MISSING)
            if known is not ColumnType.BYTES:
                self._columns[name] = max(known, column_type(values, self._numbers_as_text))

    def _note_bad(self, row: BadRow) -> None:
        first = self._first_bad
        if first is None or (row.file, row.line) < (first.file, first.line):
            self._first_bad = row

    def merge(self, other: "Analysis") -> None:
        """Take the rows of another analysis into account."""
        self.refusal = self.refusal or other.refusal
        self._rows += other._rows
        self._bad_rows += other._bad_rows
        self._missing_texts += other._missing_texts
        self._trimmed_labels += other._trimmed_labels
        if other._first_bad is not None:
            self._note_bad(other._first_bad)
        for name, kind in other._columns.items():
            self._columns[name] = max(kind, self._columns.get(name, kind))
        self._planner.merge(other._planner)

    def summary(self, files: Iterable[SourceFile], complete: bool = True) -> SourceSummary:
        """Sum up.

        Args:
            files: The files read, at least one.
            complete: False if not all rows were read.

        Returns:
            The summary.
        """
        sources = list(files)
        plan = self._planner.plan()
        bad = self._first_bad
        return SourceSummary(
            files=tuple(source.name for source in sources),
            format=sources[0].format,
            bytes=sum(source.size for source in sources),
            rows=self._rows,
            bad_rows=self._bad_rows,
            first_bad=None if bad is None else f"{bad.file}, line {bad.line}: {bad.reason}",
            missing_texts=self._missing_texts,
            trimmed_labels=self._trimmed_labels,
            columns={name: kind.name.lower() for name, kind in self.columns().items()},
            labels=summarize_labels(self._planner.rows_by_label(plan)),
            plan=plan,
            times=self._planner.times(),
            complete=complete,
        )


def check_summary(summary: SourceSummary, params: DataParams) -> None:
    """Refuse data that no classifier can be trained on.

    Args:
        summary: What was found; when incomplete, only what is certain is refused.
        params: How the data are to be used.

    Raises:
        InvalidInputError: If there are bad rows that are not to be rejected, too few rows, a
            column that holds no classes, a split without rows, or a class that train lacks.
    """
    check_label_column(summary.labels, params, complete=False)
    if summary.bad_rows and params.bad_rows == "refuse":
        total = summary.rows + summary.bad_rows
        raise InvalidInputError(
            f"data: {summary.first_bad} ({summary.bad_rows} of {total} rows cannot be used); "
            f"{_encoding_cure(summary)}correct the file, or set data.bad_rows: reject to leave "
            "such rows out."
        )
    if not summary.complete:
        return
    if not summary.rows + summary.bad_rows:
        raise InvalidInputError(f"data.path: '{params.path}' has no rows.")
    if summary.rows < MIN_ROWS:
        raise InvalidInputError(
            f"data.path: '{params.path}' has {summary.rows} usable rows (and {summary.bad_rows} "
            f"that cannot be used); at least {MIN_ROWS} are needed."
        )
    check_label_column(summary.labels, params, complete=True)
    empty = [split for split, rows in summary.plan.rows.items() if not rows]
    if empty:
        raise InvalidInputError(_no_row(empty[0], summary, params))
    if params.unlabelled != "keep":  # else the Preparer looks at the classes that it maps labels to
        check_trained(summary.labels, params)


def _no_row(split: str, summary: SourceSummary, params: DataParams) -> str:
    """Say that a split gets no row, and what helps."""
    by = params.deciding
    if by.time and by.cuts and summary.times:
        first, last = summary.times
        return (
            f"data.split_by: the cuts {' and '.join(map(str, by.cuts))} leave the split '{split}' "
            f"of '{params.path}' ({summary.rows} rows) without a row: the times in column "
            f"'{by.time}' reach from {first} to {last}; move data.split_by.cuts."
        )
    given = f"of '{params.path}' ({summary.rows} rows) gets no row; "
    if by.split == GIVEN_SPLIT:
        where = f"data.split_files.{split}" if split in params.split_files.given else "data.splits"
        return f"{where}: the split '{split}' gets no row; give more rows."
    if by.split:
        return (
            f"data.split_by: no row of '{params.path}' ({summary.rows} rows) is named '{split}' in "
            f"column '{by.split}'."
        )
    if by.group:
        return (
            f"data.split_by: with whole groups of column '{by.group}' the split '{split}' {given}"
            f"give more groups or enlarge data.splits.{split}."
        )
    return (
        f"data.splits: with these fractions the split '{split}' {given}give more rows or "
        f"enlarge data.splits.{split}."
    )


def _encoding_cure(summary: SourceSummary) -> str:
    undecoded = ": not UTF-8: " in str(summary.first_bad)
    delimited = summary.format in {"csv", "tsv", "jsonl"}
    return "name its encoding (data.encoding: cp1252), " if undecoded and delimited else ""
