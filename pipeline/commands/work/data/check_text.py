"""Show the report of a table on a terminal."""

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bert_aas.contracts.plain_text import printable
from bert_aas.preparation.quality.report import QualityReport
from pipeline.console.messages import say
from pipeline.console.terminal import PlainConsole, styled

_MISSING = "\N{EN DASH}"
_MAX_CLASSES = 20
_MAX_SHOWN = 60  # characters of an example
_FILE_WIDTH = 200
"""Where the output is no terminal: rows must not break."""


def print_report(report: QualityReport, page: Path | None) -> None:
    """Show a report; the suggested configuration comes last, to be copied.

    Args:
        report: The report.
        page: The page that was written, if there is one.
    """
    console = PlainConsole() if sys.stdout.isatty() else PlainConsole(width=_FILE_WIDTH)
    _print_facts(report, console)
    for table in (_classes(report), _findings(report)):
        console.print("")
        console.print(table)
    if report.lengths:
        console.print("")
        console.print(_lengths(report), soft_wrap=True)
    for notice in report.notices:
        console.print(f"Note: {printable(notice)}", style="yellow", soft_wrap=True)
    if report.refusal:
        refused = f"A run would refuse these data: {printable(report.refusal)}"
        console.print(refused, style="bold yellow", soft_wrap=True)
    if page:
        console.print(f"Page         {printable(page)}", soft_wrap=True)
    console.print("\nSuggested configuration:\n", style="bold")
    say(report.yaml().rstrip())


def _print_facts(report: QualityReport, console: Console) -> None:
    files = ", ".join(report.files[:3]) + (" …" if len(report.files) > 3 else "")  # noqa: PLR2004
    splits = ", ".join(f"{rows:,} {split}" for split, rows in report.splits.items())
    for title, value in (
        ("Table", f"{files} · {report.format} · {report.bytes:,} bytes"),
        ("Rows", f"{report.rows:,} ({splits})"),
        ("Columns", ", ".join(f"{column.name} ({column.kind})" for column in report.columns)),
        ("Text", report.text_column),
        ("Label", report.label_column),
    ):
        console.print(f"{title:<12} {printable(value)}", soft_wrap=True)


def _classes(report: QualityReport) -> Table:
    table = _table(("Class", "left"), ("Rows", "right"), ("Share", "right"))
    total = sum(report.classes.values())
    for name, rows in [*report.classes.items()][:_MAX_CLASSES]:
        table.add_row(styled(name), f"{rows:,}", _share(rows, total))
    if len(report.classes) > _MAX_CLASSES:
        table.add_row(f"and {len(report.classes) - _MAX_CLASSES} more", "", "")
    return table


def _findings(report: QualityReport) -> Table:
    table = _table(("Found", "left"), ("Rows", "right"), ("Share", "right"), ("First", "left"))
    for found in report.findings:
        rows = f"{found.rows:,}" if found.rows else _MISSING
        part = _share(found.rows, report.rows) if found.rows else _MISSING
        first = printable("; ".join(found.examples[:2]))
        cut = first if len(first) <= _MAX_SHOWN else f"{first[: _MAX_SHOWN - 1]}…"
        table.add_row(found.title, rows, part, styled(cut))
    if not report.findings:
        table.add_row("nothing to object to", "", "", "")
    return table


def _share(rows: int, total: int) -> str:
    # Not by pipeline.report, which takes half a second to import.
    return f"{100 * rows / total:.1f} %"


def _lengths(report: QualityReport) -> str:
    lengths = report.lengths
    if lengths is None:
        return ""
    return (
        f"Tokens       mean {lengths.mean:.0f}, median {lengths.median:.0f}, 95 % up to "
        f"{lengths.p95:.0f}, 99 % up to {lengths.p99:.0f}, longest {lengths.longest:,}; "
        f"{lengths.over_limit:,} rows beyond the {lengths.limit} that are read"
    )


def _table(*columns: tuple[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for name, justify in columns:
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    return table
