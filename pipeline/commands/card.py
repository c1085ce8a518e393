"""`bert-aas card`: the model card of a pushed model."""

from typing import Any

import click

from pipeline.commands.options import FILE, model_options
from pipeline.environment import quiet_libraries


@click.command()
@model_options
@click.option(
    "--format",
    "file_format",
    type=click.Choice(("markdown", "html", "sagemaker", "huggingface")),
    default="markdown",
    show_default=True,
    help="sagemaker: SageMaker's JSON; huggingface: a README.md for the Hub.",
)
@click.option(
    "--card",
    "card_file",
    type=FILE,
    help="YAML file with what people say of it: intended use, limits, owner, licence.",
)
@click.option("--output", type=FILE, help="Write to this file instead.")
def card(**options: Any) -> int:
    """Write the model card of a pushed model: data, training, evaluation, bias, environment.

    MODEL is a version folder, a folder of versions (the newest counts), or the id of a run.

    For example: bert-aas card output/demo/serving_model --format html --output card.html
    """
    quiet_libraries()
    from pipeline.commands.work.writing_papers import CardRequest, write_card

    write_card(CardRequest(**options))
    return 0
