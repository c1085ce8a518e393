"""`bert-aas condition`: compare a value of a JSON file, for branches of orchestrators."""

from pathlib import Path

import click

from bert_aas.contracts.exit_codes import EXIT_NOT_PUSHED
from pipeline.commands.options import FILE


@click.command()
@click.argument("file", type=FILE, required=False)
@click.option("--path", required=True, help="Where the value is, e.g. metrics.accuracy.value.")
@click.option("--operator", default=">=", show_default=True, help="==, >=, <=, >, < or in.")
@click.option("--bound", required=True, help="JSON or plain text; for in a JSON list.")
@click.option("--ir", help="The compiled pipeline of a run, in place of FILE.")
@click.option("--run-id", help="Id of the run.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="As the run has them.")
@click.option("--output", type=FILE, help="Also write true or false to this file.")
@click.option(
    "--else-exit-code", default=EXIT_NOT_PUSHED, show_default=True, type=click.IntRange(0, 255)
)
def condition(
    file: Path | None,
    ir: str | None,
    run_id: str | None,
    overrides: tuple[str, ...],
    output: Path | None,
    else_exit_code: int,
    **compared: str,
) -> int:
    """Compare a value of a JSON file, such as evaluation.json; orchestrators branch by it.

    For example: bert-aas condition evaluation.json --path metrics.accuracy.value --bound 0.8

    Exit codes: 0 it holds, 3 (--else-exit-code) it does not, 2 refused input.
    """
    from pipeline.commands.work.runs.branching import Asked, compared_value, write_outcome

    run = (ir, run_id, overrides)
    held = compared_value(Asked(**compared), file, run)
    if output is not None:
        write_outcome(output, held=held)
    return 0 if held else else_exit_code
