"""`bert-aas data`: look at data before any run."""

from pathlib import Path
from typing import Any

import click

from pipeline.commands.options import FILE, reading_options


@click.group()
def data() -> None:
    """Look at data before any run."""


@data.command()
@click.argument("file")
@click.option("--text-column", help="Column of the texts; default: `text`, or the longest texts.")
@click.option("--label-column", help="Column of the classes; default: `label`, or a usual name.")
@reading_options()
@click.option("--json", "json_path", type=FILE, help="Also write the report as JSON to this file.")
@click.option("--html", "html_path", type=FILE, help="Also write it as an HTML page to this file.")
def check(file: str, json_path: Path | None, html_path: Path | None, **options: Any) -> int:
    """Report what FILE holds, what is wrong with it, and the configuration that it needs.

    FILE is a table, a folder or a pattern, as `data.path`. The exit code is 2 if a run could not
    use the data even with that configuration.

    For example: bert-aas data check reviews.csv --text-column review --label-column stars
    """
    from bert_aas.tables.options import checked_options
    from pipeline.commands.work.data.check import CheckRequest, check_data

    reading = {name: options.pop(name) for name in ("encoding", "separator", "quoting")}
    checked_options(**reading)
    return check_data(CheckRequest(file, **options, reading=reading), json_path, html_path)
