"""Reports of bias as text."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from bert_aas.bias.figures import BiasReport, Comparison, Figure, Side
from bert_aas.contracts.plain_text import printable
from pipeline.console.terminal import styled

_MOST_IN_DETAIL = 6
_OVERVIEW_DECIMALS = 3


def print_report(report: BiasReport, console: Console, title: str = "") -> None:
    """Show the figures: each with its interval where there are few, else a line per comparison.

    Args:
        report: What was found.
        console: Where to show it.
        title: What it is about, if there are several.
    """
    if title:
        console.print(title, style="bold underline")
    console.print(f"{_rows_in_words(report.rows)}; classes: {printable(', '.join(report.classes))}")
    for note in _notes(report):
        console.print(printable(note), style="yellow", soft_wrap=True)
    console.print("")
    if len(report.comparisons) <= _MOST_IN_DETAIL:
        for comparison in report.comparisons:
            _print_comparison(comparison, console)
    else:
        console.print(_overview(report))
        console.print("")
    counted = "1 test" if report.tests == 1 else f"{report.tests} tests"
    console.print(
        "Intervals hold the true figure with 95 %. p is corrected for "
        f"{counted} (Holm); * marks what chance does not explain.",
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


def _overview(report: BiasReport) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("Facet", "Value", "Class"):
        table.add_column(name, overflow="fold")
    names = dict.fromkeys(figure.name for one in report.comparisons for figure in one.figures)
    for name in ("Rows", "Share", "Rest", *names, "p"):
        table.add_column(name, justify="right")
    table.add_column("")
    for one in report.comparisons:
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
        f"{_rows_in_words(one.d.rows)}, {_positive(one.d)}; {one.a.rows:,} others, "
        f"{_positive(one.a)}"
    )


def _positive(side: Side) -> str:
    of_labels = f"{side.share:.1%} of them positive"
    if side.predicted_share is None:
        return of_labels
    return f"{of_labels} and {side.predicted_share:.1%} predicted so"


def _rows_in_words(rows: int) -> str:
    return f"{rows:,} {'row' if rows == 1 else 'rows'}"


def _notes(report: BiasReport) -> Iterator[str]:
    if report.without_label:
        with_answers = any(one.d.answers for one in report.comparisons)
        lacking = "a class or a prediction" if with_answers else "a class"
        yield f"Left out: {_rows_in_words(report.without_label)} without {lacking}"
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
