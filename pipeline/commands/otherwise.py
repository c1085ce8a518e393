"""`bert-aas otherwise`: the else-branch of a run, for orchestrators."""

import click

from pipeline.stopping import terminated_by_sigterm


@click.command()
@click.option("--ir", required=True, help="The compiled pipeline: a path, a URI, or a data: URI.")
@click.option("--run-id", required=True, help="Id shared by all nodes of one run.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="As the run has them.")
@click.option("--report-dir", help="Folder of the run's report.")
def otherwise(ir: str, run_id: str, overrides: tuple[str, ...], report_dir: str | None) -> int:
    """Run `evaluate.command` for a run whose model did not meet its conditions.

    Orchestrators call this. The exit code of the command is told and changes nothing. Exit codes: 0
    done, or nothing to do, 2 refused input, 1 failure.
    """
    from pipeline.commands.work.runs.branching import PackagedRun, run_otherwise

    with terminated_by_sigterm():
        run_otherwise(PackagedRun(ir, run_id, overrides), report_dir)
    return 0
