"""`bert-aas verify`: verify the signature of a model."""

from pathlib import Path

import click

from pipeline.commands.options import FILE, model_options
from pipeline.environment import quiet_libraries


@click.command()
@model_options
@click.option("--key", type=FILE, required=True, help="File with the public key, PEM.")
def verify(model: str, output_dir: str | None, metadata_url: str | None, key: Path) -> int:
    """Verify that a pushed model is signed, and unchanged since.

    MODEL is a version folder, a folder of versions (the newest counts), or the id of a run. Exit
    codes: 0 it is, 2 refused input, 4 it is not.

    For example: bert-aas verify output/demo/serving_model --key public.pem
    """
    quiet_libraries()
    from pipeline.commands.work.signing import ModelName, verify_model

    verify_model(ModelName(model, output_dir, metadata_url), key)
    return 0
