"""What `bert-aas bias` does: count the rows of a file, and show the figures."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bert_aas.bias.analysis import analysis, model_analysis
from bert_aas.bias.counting import RowCounter
from bert_aas.bias.figures import BiasReport, verdict
from bert_aas.bias.limits import read_limits
from bert_aas.bias.measuring import measure
from bert_aas.bias.metric_names import AFTER_DESCRIPTIONS, DESCRIPTIONS
from bert_aas.bias.predicted.measuring import measure_outcomes
from bert_aas.bias.predicted.outcomes import OutcomeCounter
from bert_aas.bias.questions import Facet, Question
from bert_aas.contracts.errors import InvalidInputError, ViolationError
from bert_aas.contracts.files.atomic import write_text
from bert_aas.contracts.plain_text import printable_json
from bert_aas.tables.finding import TablePath, find_local
from bert_aas.tables.formats.delimited import read_delimited
from bert_aas.tables.formats.json_lines import read_jsonl
from bert_aas.tables.formats.parquet import read_parquet
from bert_aas.tables.sources import ReadOptions, SourceFile
from bert_aas.tables.values import Record, Value
from components.example_gen.reading.rows import partitioned
from components.example_gen.reading.tfrecord_rows import read_tfrecord
from pipeline.commands.work.data.bias_text import print_report
from pipeline.console.messages import say
from pipeline.console.terminal import PlainConsole

STANDARD_OUTPUT = Path("-")
_BATCH_ROWS = 4096
_LEAST_WIDTH = 130
_FILE_WIDTH = 200
_READERS: dict[str, Callable[[SourceFile, tuple[str, ...]], Iterator[Record]]] = {
    "csv": read_delimited,
    "tsv": read_delimited,
    "jsonl": read_jsonl,
    "parquet": read_parquet,
    "tfrecord": read_tfrecord,
}


@dataclass(frozen=True)
class BiasRequest:
    """What the user asked for.

    Attributes:
        path: The table.
        options: How to read it.
        facets: `COLUMN`, `COLUMN=VALUE`, `COLUMN>NUMBER`, `COLUMN<NUMBER`.
        words: `NAME=PATTERN`.
        label_column: The column of the classes.
        positive: The classes that count as positive, together; none: each in turn.
        group: The column of groups.
        texts: The columns in which words are looked for.
        limits: `METRIC=LIMIT`.
        json_path: A file for `analysis.json`; `-`: print it.
        predicted_column: The column of the predictions, if these are measured as well.
        features: Columns of numbers in which FT looks for neighbours.
    """

    path: Path
    options: ReadOptions
    facets: Sequence[str]
    words: Sequence[str]
    label_column: str
    positive: Sequence[str]
    group: str | None
    texts: Sequence[str]
    limits: Sequence[str]
    json_path: Path | None
    predicted_column: str | None = None
    features: Sequence[str] = ()

    def question(self) -> Question:
        """Make what is counted of the options."""
        return Question(
            label=self.label_column,
            facets=[*map(Facet.of, self.facets), *_of_words(self.words)],
            positive=self.positive,
            group=self.group,
            texts=self.texts,
            predicted=self.predicted_column,
            features=self.features,
        )

    def checked_limits(self) -> dict[str, float]:
        """Read the limits, and refuse those of metrics that are not measured."""
        limits = read_limits(self.limits)
        measured = {*DESCRIPTIONS, *(AFTER_DESCRIPTIONS if self.predicted_column else ())}
        for name in limits:
            if name not in measured:
                need = "--predicted-column" if name in AFTER_DESCRIPTIONS else "a run with `swaps`"
                raise InvalidInputError(f"--max {name}: this metric needs {need}")
        if self.features and not self.predicted_column:
            raise InvalidInputError("--feature is of use with --predicted-column alone")
        return limits


def run_bias(request: BiasRequest) -> int:
    """Measure the bias of a file, show it, and judge it by the limits.

    Args:
        request: What the user asked for.

    Returns:
        Exit code 0.

    Raises:
        InvalidInputError: If the file or an option cannot be used.
        ViolationError: If a figure is beyond its limit.
    """
    limits = request.checked_limits()
    labels, predictions = _measured(request)
    content = analysis(labels, limits)
    if predictions:
        content = model_analysis(predictions, limits, before=content)
    written = printable_json(content) + "\n"
    if request.json_path == STANDARD_OUTPUT:
        say(written, newline=False)
    else:
        _show(labels, predictions)
        if request.json_path:
            write_text(request.json_path, written)
    violations = [
        one for report in (labels, predictions) if report for one in report.beyond(limits)
    ]
    if violations:
        raise ViolationError(verdict(violations, limits))
    if limits and request.json_path != STANDARD_OUTPUT:
        say(verdict(violations, limits))
    return 0


def _measured(request: BiasRequest) -> tuple[BiasReport, BiasReport | None]:
    """Read the file once, and measure labels and predictions."""
    question = request.question()
    labels = RowCounter(question)
    predictions = OutcomeCounter(question) if request.predicted_column else None
    for batch in _batches(request):
        labels.add(batch)
        if predictions:
            predictions.add(batch)
    report = measure(labels.counted())
    return report, measure_outcomes(predictions.outcomes()) if predictions else None


def _show(labels: BiasReport, predictions: BiasReport | None) -> None:
    console = _console()
    if predictions is None:
        print_report(labels, console)
        return
    print_report(labels, console, "The labels")
    console.print("")
    print_report(predictions, console, "The predictions")


def _console() -> PlainConsole:
    console = PlainConsole()
    wide = max(console.width, _LEAST_WIDTH) if console.is_terminal else _FILE_WIDTH
    return PlainConsole(width=wide)


def _of_words(words: Iterable[str]) -> list[Facet]:
    patterns: dict[str, list[str]] = {}
    for given in words:
        name, separator, pattern = given.partition("=")
        if not separator or not name or not pattern:
            raise InvalidInputError(f"--facet-words {given!r} is not of the form NAME=PATTERN")
        patterns.setdefault(name, []).append(pattern)
    return [Facet(name=name, patterns=tuple(found)) for name, found in patterns.items()]


def _batches(request: BiasRequest) -> Iterator[dict[str, list[Value]]]:
    """Read the columns that count, some rows at a time."""
    names = request.question().columns
    rows = _rows(request, names)
    while batch := list(itertools.islice(rows, _BATCH_ROWS)):
        yield {name: [row.get(name) for row in batch] for name in names}


def _rows(request: BiasRequest, names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for source in find_local(TablePath(str(request.path), "FILE", options=request.options)):
        place = "line" if source.format in {"csv", "tsv", "jsonl"} else "row"
        records = _READERS[source.format](source, names)
        for number, content in partitioned(records, source):
            if isinstance(content, str):
                raise InvalidInputError(f"{source.called}, {place} {number}: {content}.")
            yield content
