"""`bert-aas features`: typed records with their times, read as they were on a day."""

from typing import Any

import click

from pipeline.commands.options import FILE, reading_options
from pipeline.commands.sql import FORMATS

_STORE = click.option(
    "--store", type=FILE, help="Folder of the groups; feature_groups if not given."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
_VERSION = click.option("--version", type=click.IntRange(1), help="The newest if not given.")
_FORMAT = click.option(
    "--format", "file_format", type=click.Choice(FORMATS), help="How to show the rows."
)
_OUTPUT = click.option("--output", type=FILE, help="File to write; its extension is the format.")


@click.group()
def features() -> None:
    """Store features with their types and times, and read them as they were on a day."""


@features.command("list")
@_STORE
@_JSON
def list_(**options: Any) -> None:
    """List the feature groups."""
    from pipeline.commands.work.data.featuring import list_groups

    list_groups(**options)


@features.command()
@click.argument("group")
@_VERSION
@_STORE
@_JSON
def describe(**options: Any) -> None:
    """Show the columns of a GROUP with their types, its record id, its event time."""
    from pipeline.commands.work.data.featuring import describe_group

    describe_group(**options)


@features.command()
@click.argument("group")
@click.option("--as-of", help="A time, e.g. 2026-11-01 or 2026-11-01T12:00:00+01:00.")
@click.option("--history", is_flag=True, help="All records that were ever written.")
@_VERSION
@_FORMAT
@_OUTPUT
@_STORE
def read(**options: Any) -> None:
    """Read the records of a GROUP as they are now, or were at a time."""
    from pipeline.commands.work.data.featuring import read_records

    read_records(**options)


@features.command()
@click.argument("group")
@click.argument("path", metavar="FILE")
@click.option("--record-id", help="Column that says what a record is about, for a new group.")
@click.option("--event-time", help="Column of the time since when it holds, for a new group.")
@click.option(
    "--type",
    "types",
    multiple=True,
    metavar="COLUMN=TYPE",
    help="Type of a feature, e.g. int32, float64, string, timestamp, list<int32>. May be repeated.",
)
@click.option("--fingerprint", default="", help="What the features were made with: a version each.")
@click.option("--batch", help="Id of the batch; its content if not given. None is written twice.")
@reading_options()
@_STORE
def ingest(**options: Any) -> None:
    """Write the table FILE into a GROUP, which is made if it is not there."""
    from pipeline.commands.work.data.featuring import ingest_file

    ingest_file(**options)


@features.command()
@click.argument("group")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option("--at", help="Since when they are gone; now if not given.")
@_STORE
def delete(**options: Any) -> None:
    """Say of records of a GROUP that they are gone; their history stays."""
    from pipeline.commands.work.data.featuring import delete_records

    delete_records(**options)


@features.command()
@click.argument("path", metavar="FILE")
@click.option("--time", required=True, help="Column of FILE with the time of each row.")
@click.option(
    "--with",
    "joins",
    multiple=True,
    required=True,
    metavar="GROUP=COLUMN",
    help="A group, and the column of FILE with its record ids. May be repeated.",
)
@_FORMAT
@_OUTPUT
@_STORE
def join(**options: Any) -> None:
    """Put the features beside the rows of FILE that they had at the time of each row."""
    from pipeline.commands.work.data.featuring import join_file

    join_file(**options)


@features.command()
@click.argument("groups", nargs=-1, metavar="[GROUP]...")
@click.option("--format", "file_format", type=click.Choice(("feast",)), required=True)
@click.option("--output", type=FILE, required=True, help="Folder of the feature repository.")
@_STORE
def export(**options: Any) -> None:
    """Write a feature repository of GROUPs, or of all, for another feature store to read."""
    from pipeline.commands.work.data.featuring import export_groups

    export_groups(**options)
