"""`bert-aas catalog`: tables under names, for `bert-aas sql`."""

from pathlib import Path
from typing import Any

import click

from pipeline.commands.options import FILE, reading_options

_CATALOG = click.option(
    "--catalog", type=FILE, help="The catalogue; .bert-aas/catalog.json if not given."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


@click.group()
def catalog() -> None:
    """Give raw tables names, so that `bert-aas sql` can ask them.

    The types of their columns are found once and written down.
    """


@catalog.command()
@click.argument("name")
@click.argument("path")
@click.option(
    "--type",
    "types",
    multiple=True,
    metavar="COLUMN=TYPE",
    help="Type of a column: text, integer, float, boolean, date, timestamp, timestamptz. "
    "May be repeated.",
)
@reading_options()
@click.option("--skip-bad-rows", is_flag=True, help="Leave rows out that cannot be read.")
@click.option("--replace", is_flag=True, help="Replace a table of this name.")
@_CATALOG
def add(**options: Any) -> None:
    """Give the table at PATH a NAME: CSV, TSV, JSON lines, Parquet, or a folder of them."""
    from pipeline.commands.work.data.cataloguing import add_to_catalogue

    add_to_catalogue(**options)


@catalog.command("list")
@click.option(
    "--output-dir",
    "output_dirs",
    multiple=True,
    help="Output folder of runs; those in output/ if not given. May be repeated.",
)
@_CATALOG
@_JSON
def list_(**options: Any) -> None:
    """List all that can be asked: tables, runs, their splits."""
    from pipeline.commands.work.data.cataloguing import list_tables

    list_tables(**options)


@catalog.command()
@click.argument("name")
@click.option("--output-dir", "output_dirs", multiple=True, help="Output folder of runs.")
@_CATALOG
@_JSON
def describe(**options: Any) -> None:
    """Show the columns of a table, with their types, and where its rows are."""
    from pipeline.commands.work.data.cataloguing import describe_table

    describe_table(**options)


@catalog.command()
@click.argument("name")
@_CATALOG
def remove(name: str, catalog: Path | None) -> None:
    """Forget a table; its files stay."""
    from pipeline.commands.work.data.cataloguing import remove_table

    remove_table(name, catalog)
