"""`bert-aas lineage`: what a model was made of, and where it went."""

from typing import Any

import click

from pipeline.commands.options import FILE, model_options
from pipeline.environment import quiet_libraries

_FORMATS = ("table", "json", "mermaid", "openlineage")


@click.command()
@model_options
@click.option("--up", is_flag=True, help="Only what it comes from.")
@click.option("--down", is_flag=True, help="Only what came of it.")
@click.option(
    "--format",
    "file_format",
    type=click.Choice(_FORMATS),
    default="table",
    show_default=True,
    help="How to show it; openlineage: a run event in each line.",
)
@click.option("--output", type=FILE, help="Write to this file instead.")
def lineage(**options: Any) -> int:
    """Show where a pushed model comes from, up to the raw data, and where it was deployed.

    MODEL is a version folder, a folder of versions (the newest counts), or the id of a run.

    For example: bert-aas lineage output/demo/serving_model
    """
    quiet_libraries()
    from pipeline.commands.work.tracing import LineageRequest, show_lineage

    show_lineage(LineageRequest(**options))
    return 0
