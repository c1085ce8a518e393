"""`bert-aas sql`: ask raw tables, splits and runs in one SQL."""

from typing import Any

import click

from pipeline.commands.options import FILE
from pipeline.environment import quiet_libraries

FORMATS = ("table", "csv", "tsv", "json", "jsonl", "parquet")


@click.command()
@click.argument("query")
@click.option("--format", "file_format", type=click.Choice(FORMATS), help="How to show the rows.")
@click.option("--output", type=FILE, help="File to write; its extension chooses the format.")
@click.option("--dialect", default="duckdb", show_default=True, help="SQL of QUERY, e.g. athena.")
@click.option("--catalog", type=FILE, help="The catalogue; .bert-aas/catalog.json if not given.")
@click.option(
    "--output-dir",
    "output_dirs",
    multiple=True,
    help="Output folder of runs; those in output/ if not given. May be repeated.",
)
@click.option("--memory-limit", default="2GB", show_default=True, help="What a query may hold.")
@click.option("--timeout", default=600.0, show_default=True, help="Seconds that a query may take.")
def sql(**options: Any) -> int:
    """Ask one QUERY of catalogued tables, runs and their splits.

    For example: bert-aas sql "SELECT label, count(*) FROM splits.train GROUP BY label"
    `bert-aas catalog list` shows what can be asked.
    """
    quiet_libraries()
    from pipeline.commands.work.asking.answering import Question, answer

    answer(Question(**options))
    return 0
