"""`bert-aas runs`: list past runs, compare them, or list what one has made."""

from typing import Any

import click

from pipeline.commands.options import FILE
from pipeline.environment import quiet_libraries

_OUTPUT_DIR = click.option("--output-dir", help="The output folder of the runs.")
_METADATA_URL = click.option(
    "--metadata-url", help="Address of the metadata store instead, written like `metadata.url`."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
_LIST = "list"


class _ListsByDefault(click.Group):
    """`bert-aas runs …` is `bert-aas runs list …`, as it was before there were others."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the name of the command in front, where there is none."""
        if not args or args[0] not in {*self.commands, *ctx.help_option_names}:
            args = [_LIST, *args]
        return super().parse_args(ctx, args)


@click.group(cls=_ListsByDefault)
def runs() -> None:
    """List past runs, compare them, or list what one has made.

    `bert-aas runs` alone is `bert-aas runs list`.

    For example: bert-aas runs --output-dir output/demo --compare RUN RUN
    """


@runs.command(_LIST)
@_OUTPUT_DIR
@_METADATA_URL
@click.argument("run_ids", nargs=-1, metavar="[RUN]...")
@click.option("--compare", "side_by_side", is_flag=True, help="Put the runs side by side.")
@click.option("--last", type=click.IntRange(min=1), help="Show only this many of the newest runs.")
@click.option("--output", type=FILE, help="Also write the comparison as an HTML page to this file.")
@_JSON
def list_(**options: Any) -> int:
    """List past runs, or compare them.

    Compared are parameters, metrics, curves and artifacts.

    For example: bert-aas runs --output-dir output/demo --compare RUN RUN
    """
    quiet_libraries()
    from pipeline.commands.work.runs.listing import ListingRequest, list_runs

    list_runs(ListingRequest(**options))
    return 0


@runs.command()
@click.argument("run_id", metavar="RUN")
@_OUTPUT_DIR
@_METADATA_URL
@_JSON
def show(run_id: str, *, as_json: bool, **options: Any) -> int:
    """Show how a run ended, and how each condition of its model came out.

    For example: bert-aas runs show RUN --output-dir output/demo
    """
    quiet_libraries()
    from pipeline.commands.work.runs.listing import ListingRequest, show_run

    show_run(ListingRequest(**options, run_ids=(run_id,), as_json=as_json))
    return 0


@runs.command()
@click.argument("run_id", metavar="RUN")
@_OUTPUT_DIR
@_METADATA_URL
@_JSON
def artifacts(**options: Any) -> int:
    """List what each node of a run has read and made.

    For example: bert-aas runs artifacts RUN --output-dir output/demo
    """
    quiet_libraries()
    from pipeline.commands.work.models.tracing import list_artifacts

    list_artifacts(**options)
    return 0
