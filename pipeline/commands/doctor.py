"""`bert-aas doctor`: what is missing in this environment."""

import click

from bert_aas.contracts.exit_codes import EXIT_FAILED
from pipeline.console.messages import say


@click.command()
def doctor() -> int:
    """Say what is missing or mismatched in this environment."""
    from pipeline.commands.work.runs.diagnosis import diagnose

    problems = diagnose()
    for problem in problems:
        say(f"✗ {problem}")
    if not problems:
        say("✓ everything that a run needs is installed, in versions that work together")
    return EXIT_FAILED if problems else 0
