"""`bert-aas lineage`: what a model was made of, and where it went."""

from typing import Any

import click

from pipeline.commands.options import model_options, output_file
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
@output_file
def lineage(
    model: str,
    output_dir: str | None,
    metadata_url: str | None,
    registry: str | None,
    **shown: Any,
) -> int:
    """Show where a pushed model comes from, up to the raw data, and where it was deployed.

    MODEL is a version folder, a folder of versions (the newest counts), the id of a run, or a
    registered model: NAME/VERSION, NAME/champion, NAME.

    For example: bert-aas lineage output/demo/serving_model
    """
    quiet_libraries()
    from pipeline.commands.work.models.tracing import LineageRequest, show_lineage
    from pipeline.governance.asked import Asked

    show_lineage(LineageRequest(Asked(model, output_dir, metadata_url, registry), **shown))
    return 0
