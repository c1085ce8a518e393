"""`bert-aas explain`: what each word contributed to a class."""

from pathlib import Path
from typing import Any

import click

from models.attribution.attributed import DEFAULT_STEPS
from pipeline.commands.options import FILE


@click.command()
@click.option(
    "--model-dir", type=FILE, required=True, help="A version folder, or the folder of versions."
)
@click.argument("texts", nargs=-1, metavar="TEXT...", required=True)
@click.option(
    "--text-pair",
    "text_pairs",
    multiple=True,
    help="Second text, for models of text pairs; one per TEXT.",
)
@click.option("--class", "target", help="The class to explain; by default the predicted class.")
@click.option("--steps", default=DEFAULT_STEPS, show_default=True, type=click.IntRange(1, 4096))
@click.option("--output", "output_path", type=FILE, help="Also write an HTML page to this file.")
def explain(model_dir: Path, texts: tuple[str, ...], **options: Any) -> int:
    """Show what each word of a text contributed to its class, with a pushed model.

    Integrated gradients: more --steps are slower and more exact.
    """
    from pipeline.commands.work.asking.explaining import run_explain

    return run_explain(model_dir, texts, **options)
