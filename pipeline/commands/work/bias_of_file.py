"""What `bert-aas bias` does: count the rows of a file, and show the figures."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bert_aas.bias.analysis import analysis
from bert_aas.bias.counting import RowCounter
from bert_aas.bias.figures import BiasReport, Comparison, Figure, verdict
from bert_aas.bias.limits import read_limits
from bert_aas.bias.measuring import measure
from bert_aas.bias.questions import Facet, Question
from bert_aas.contracts.errors import InvalidInputError, ViolationError
from bert_aas.contracts.files.atomic import write_text
from bert_aas.contracts.plain_text import printable, printable_json
from bert_aas.tables.finding import TablePath, find_local
from bert_aas.tables.formats.delimited import read_delimited
from bert_aas.tables.formats.json_lines import read_jsonl
from bert_aas.tables.formats.parquet import read_parquet
from bert_aas.tables.sources import ReadOptions, SourceFile
from bert_aas.tables.values import Record, Value
from components.example_gen.reading.rows import partitioned
from components.example_gen.reading.tfrecord_rows import read_tfrecord
from pipeline.console.messages import say
from pipeline.console.terminal import PlainConsole, styled

STANDARD_OUTPUT = Path("-")
_BATCH_ROWS = 4096
_MOST_IN_DETAIL = 6
_LEAST_WIDTH = 130
_FILE_WIDTH = 200
_OVERVIEW_DECIMALS = 3
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

    def question(self) -> Question:
        """Make what is counted of the options."""
        return Question(
            label=self.label_column,
            facets=[*map(Facet.of, self.facets), *_of_words(self.words)],
            positive=self.positive,
            group=self.group,
            texts=self.texts,
        )


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
    limits = read_limits(request.limits)
    counter = RowCounter(request.question())
    for batch in _batches(request):
        counter.add(batch)
    report = measure(counter.counted())
    content = printable_json(analysis(report, limits)) + "\n"
    if request.json_path == STANDARD_OUTPUT:
        say(content, newline=False)
    else:
        print_report(report, _console())
        if request.json_path:
            write_text(request.json_path, content)
    violations = report.beyond(limits)
    if violations:
        raise ViolationError(verdict(violations, limits))
    if limits and request.json_path != STANDARD_OUTPUT:
        say(verdict(violations, limits))
    return 0


def print_report(report: BiasReport, console: Console) -> None:
    """Show the figures: each with its interval where there are few, else a line per comparison.

    Args:
        report: What was found.
        console: Where to show it.
    """
    console.print(f"{_rows_in_words(report.rows)}; classes: {printable(', '.join(report.classes))}")
    for note in _notes(report):
        console.print(printable(note), style="yellow", soft_wrap=True)
    console.print("")
    if len(report.comparisons) <= _MOST_IN_DETAIL:
        for comparison in report.comparisons:
            _print_comparison(comparison, console)
    else:
        console.print(_overview(report.comparisons))
        console.print("")
    console.print(
        "Intervals hold the true figure with 95 %. p is corrected for "
        f"{report.tests} tests (Holm); * marks what chance does not explain.",
        soft_wrap=True,
    )


def _print_comparison(one: Comparison, console: Console) -> None:
    console.print(printable(one.called), style="bold", soft_wrap=True)
    console.print(_sides(one))
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("Metric")
    for name in ("Value", "95 % interval", "p"):
        table.add_column(name, justify="right")
    for figure in one.figures:
        interval = figure.interval
        ends = f"{_number(interval[0])} to {_number(interval[1])}" if interval else "-"
        table.add_row(figure.name, _marked(figure), ends, _p(figure.adjusted))
    console.print(table)
    if one.few:
        console.print(one.few, style="yellow")
    console.print("")


def _overview(comparisons: Iterable[Comparison]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("Facet", "Value", "Class"):
        table.add_column(name, overflow="fold")
    names = ("CI", "DPL", "KL", "JS", "LP", "TVD", "KS", "CDDL")
    for name in ("Rows", "Share", "Rest", *names, "p"):
        table.add_column(name, justify="right")
    table.add_column("")
    for one in comparisons:
        figures = [one.figure(name) for name in names]
        smallest = min((f.adjusted for f in figures if f and f.adjusted is not None), default=None)
        table.add_row(
            styled(one.facet),
            styled(one.value),
            styled(", ".join(one.positive) or "(all)"),
            f"{one.d.rows:,}",
            _number(one.d.share, _OVERVIEW_DECIMALS),
            _number(one.a.share, _OVERVIEW_DECIMALS),
            *(_marked(figure, _OVERVIEW_DECIMALS) if figure else "-" for figure in figures),
            _p(smallest),
            styled("too few rows" if one.few else "", "yellow"),
        )
    return table


def _sides(one: Comparison) -> str:
    if one.d.share is None or one.a.share is None:
        return f"{_rows_in_words(one.d.rows)}, and {one.a.rows:,} others"
    return (
        f"{_rows_in_words(one.d.rows)}, {one.d.share:.1%} of them positive; {one.a.rows:,} others, "
        f"{one.a.share:.1%} of them positive"
    )


def _rows_in_words(rows: int) -> str:
    return f"{rows:,} {'row' if rows == 1 else 'rows'}"


def _notes(report: BiasReport) -> Iterator[str]:
    if report.without_label:
        yield f"Left out: {_rows_in_words(report.without_label)} without a class"
    for facet, rows in report.without_value.items():
        if rows:
            yield f"Left out of {facet}: {_rows_in_words(rows)} without a value"


def _marked(figure: Figure, decimals: int = 4) -> str:
    return _number(figure.value, decimals) + ("*" if figure.is_sure else "")


def _number(value: float | None, decimals: int = 4) -> str:
    return "-" if value is None else f"{value:.{decimals}f}"


def _p(value: float | None) -> str:
    if value is None:
        return "-"
    return "< 0.0001" if value < 1e-4 else f"{value:.4f}"  # noqa: PLR2004


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
