"""`bert-aas card`: the model card of a pushed model."""

from typing import Any

import click

from pipeline.commands.options import card_file, card_format, model_options, output_file
from pipeline.environment import quiet_libraries


@click.command()
@model_options
@card_format
@card_file
@output_file
def card(
    model: str,
    output_dir: str | None,
    metadata_url: str | None,
    registry: str | None,
    **written: Any,
) -> int:
    """Write the model card of a pushed model: data, training, evaluation, bias, environment.

    MODEL is a version folder, a folder of versions (the newest counts), the id of a run, or a
    registered model: NAME/VERSION, NAME/champion, NAME.

    For example: bert-aas card output/demo/serving_model --format html --output card.html
    """
    quiet_libraries()
    from pipeline.commands.work.models.writing_papers import CardRequest, write_card
    from pipeline.governance.asked import Asked

    write_card(CardRequest(Asked(model, output_dir, metadata_url, registry), **written))
    return 0
