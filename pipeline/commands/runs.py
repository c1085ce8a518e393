"""`bert-aas runs`: list past runs or compare them."""

from typing import Any

import click

from pipeline.commands.options import FILE
from pipeline.environment import quiet_libraries


@click.command()
@click.option("--output-dir", help="The output folder of the runs.")
@click.option(
    "--metadata-url", help="Address of the metadata store instead, written like `metadata.url`."
)
@click.argument("run_ids", nargs=-1, metavar="[RUN]...")
@click.option("--compare", "side_by_side", is_flag=True, help="Put the runs side by side.")
@click.option("--last", type=click.IntRange(min=1), help="Show only this many of the newest runs.")
@click.option("--output", type=FILE, help="Also write the comparison as an HTML page to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def runs(**options: Any) -> int:
    """List past runs, or compare them: parameters, metrics, artifacts.

    For example: bert-aas runs --output-dir output/demo --compare RUN RUN
    """
    quiet_libraries()
    from pipeline.commands.work.listing import ListingRequest, list_runs

    list_runs(ListingRequest(**options))
    return 0
