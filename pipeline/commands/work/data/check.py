"""What `bert-aas data check` does: read a table once, and say what it holds and needs."""

import importlib.util
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.exit_codes import EXIT_REFUSED
from bert_aas.contracts.files.atomic import write_text
from bert_aas.contracts.plain_text import printable_json
from bert_aas.preparation.quality.findings import Finding
from bert_aas.preparation.quality.lengths import TokenLengths
from bert_aas.preparation.quality.profile import Profile
from bert_aas.preparation.quality.report import Column, QualityReport
from bert_aas.tables.reading import detected
from bert_aas.tables.sources import SourceFile
from components.example_gen.params import DataParams
from components.example_gen.preflight import inspect
from components.example_gen.reading.batches import RowBatch, read_batches
from components.example_gen.reading.rows import no_label, required_columns
from components.example_gen.reading.sources import find_files
from components.example_gen.splitting.analysis import Analysis, SourceSummary, check_summary
from components.example_gen.splitting.splits import split_keys
from models.encoders.resolving import MINILM_PACKAGE
from models.params import TransformParams
from models.text.piece_counts import PieceCounter, read_pieces
from pipeline.commands.work.data.check_text import print_report
from pipeline.commands.work.data.columns import find_columns, first_rows, personal_columns

_LIMIT = TransformParams().max_seq_length
_SPECIAL_TOKENS = 2
_MAX_FILES_NOTED = 20


@dataclass(frozen=True)
class CheckRequest:
    """What the user asked for.

    Attributes:
        path: A file, a folder or a pattern.
        text_column: The column of the texts, if named.
        label_column: The column of the labels, if named.
        reading: `encoding`, `separator` and `quoting`, as in `data`.
    """

    path: str
    text_column: str | None
    label_column: str | None
    reading: dict[str, Any]


def check_data(request: CheckRequest, json_path: Path | None, html_path: Path | None) -> int:
    """Check a table, and show and write what was found.

    Args:
        request: What the user asked for.
        json_path: Where to write the report as JSON.
        html_path: Where to write it as a page.

    Returns:
        The exit code: 2 if a run would refuse the data even with what is suggested.

    Raises:
        InvalidInputError: If the table cannot be read.
    """
    report = examine(request)
    if json_path:
        content = {**report.model_dump(mode="json"), "settings": report.settings()}
        write_text(json_path, printable_json(content) + "\n")
    if html_path:
        from pipeline.report.pages.quality import draw_quality

        draw_quality(report).write(html_path)
    print_report(report, html_path)
    return EXIT_REFUSED if report.refusal else 0


def examine(request: CheckRequest) -> QualityReport:
    """Read a table once and put the report together.

    Args:
        request: What the user asked for.

    Returns:
        The report.

    Raises:
        InvalidInputError: If the table cannot be read, or the columns are not known.
    """
    files = find_files(DataParams(path=request.path, **request.reading))
    rows = first_rows(files[0])
    text, label = find_columns(rows, request.text_column, request.label_column, files[0].called)
    params = DataParams(
        path=request.path,
        text_column=text,
        label_column=label,
        bad_rows="reject",
        **request.reading,
    )
    check = _Check(params, files)
    for source in files:
        for batch in read_batches(source, params):
            check.add(batch)
    return check.report(personal_columns(rows, (text, label)))


class _Check:
    """Accumulates over the rows of all files."""

    def __init__(self, params: DataParams, files: tuple[SourceFile, ...]) -> None:
        counter = _token_counter()
        self._params = params
        self._files = files
        self._analysis = Analysis(params, numbers_as_text=files[0].is_delimited())
        self._profile = Profile(counter.count if counter else None, _LIMIT - _SPECIAL_TOKENS)
        self._missing: Counter[str] = Counter()

    def add(self, batch: RowBatch) -> None:
        """Take rows into account."""
        params = self._params
        self._analysis.add(batch, split_keys(batch, params))
        for bad in batch.bad:
            is_unlabelled = bad.reason == no_label(params)
            self._profile.add_unusable(f"{bad.file}, line {bad.line}", bad.reason, is_unlabelled)
        for name, values in batch.columns.items():
            self._missing[name] += sum(value is None or value == "" for value in values)
        texts = [str(text or "") for text in batch.column(params.text_column)]
        labels = [*map(str, batch.column(params.label_column))]
        self._profile.add(batch.file, batch.numbers, texts, labels)

    def report(self, personal: tuple[str, ...]) -> QualityReport:
        """Sum up."""
        summary = self._analysis.summary(self._files)
        findings = self._profile.findings()
        if personal:
            findings = (*findings, Finding(name="personal_columns", rows=0, examples=personal))
        data = self._params.model_dump(include={"encoding", "separator", "quoting"})
        report = QualityReport(
            path=self._params.path,
            files=summary.files,
            format=summary.format,
            bytes=summary.bytes,
            rows=summary.rows + summary.bad_rows,
            columns=self._columns(summary),
            text_column=self._params.text_column,
            label_column=self._params.label_column,
            classes=summary.labels.counts,
            splits=summary.plan.rows,
            findings=findings,
            lengths=_lengths(self._profile),
            notices=tuple(_notices(self._files, self._params)),
            reading={name: value for name, value in data.items() if value != "auto"},
            label_map=self._profile.spellings(),
            drop_columns=personal,
        )
        return _with_refusal(report, summary, self._params)

    def _columns(self, summary: SourceSummary) -> tuple[Column, ...]:
        missing = self._missing
        kinds = summary.columns.items()
        return tuple(Column(name=name, kind=kind, missing=missing[name]) for name, kind in kinds)


def _with_refusal(
    report: QualityReport, summary: SourceSummary, params: DataParams
) -> QualityReport:
    """Say why a run would refuse the data; if stratified splits help, suggest them."""
    try:
        check_summary(summary, params)
    except InvalidInputError as exc:
        if not summary.labels.untrained:
            return report.model_copy(update={"refusal": str(exc)})
    else:
        return report
    try:
        found = inspect(params.model_copy(update={"stratify": True}))
    except InvalidInputError as exc:
        return report.model_copy(update={"refusal": str(exc)})
    reading = {**report.reading, "stratify": True}
    return report.model_copy(update={"reading": reading, "splits": found.plan.rows})


def _token_counter() -> PieceCounter | None:
    """Count by the vocabulary of the bundled encoder, if it is installed."""
    spec = importlib.util.find_spec(MINILM_PACKAGE)
    places = spec.submodule_search_locations if spec else None
    path = Path(places[0], "model", "vocab.txt") if places else None
    return PieceCounter(read_pieces(path)) if path and path.is_file() else None


def _lengths(profile: Profile) -> TokenLengths | None:
    lengths = profile.lengths() + _SPECIAL_TOKENS
    return TokenLengths.of(lengths, _LIMIT) if len(lengths) else None


def _notices(files: tuple[SourceFile, ...], params: DataParams) -> Iterator[str]:
    for source in files[:_MAX_FILES_NOTED]:
        yield from detected(source, required_columns(params))
