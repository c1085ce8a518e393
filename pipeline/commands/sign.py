"""`bert-aas sign`: sign the folder of a model."""

from pathlib import Path

import click

from pipeline.commands.options import FILE, model_options
from pipeline.environment import quiet_libraries


@click.command()
@model_options
@click.option("--key", type=FILE, required=True, help="File with a private key, PEM.")
def sign(model: str, output_dir: str | None, metadata_url: str | None, key: Path) -> int:
    """Sign every file of a pushed model: OpenSSF model signing, with a key file.

    MODEL is a version folder, a folder of versions (the newest counts), or the id of a run. The
    signature is the file model.sig in the version folder; `serve --verify_key` asks for it.

    For example: bert-aas sign output/demo/serving_model --key key.pem
    """
    quiet_libraries()
    from pipeline.commands.work.signing import ModelName, sign_model

    sign_model(ModelName(model, output_dir, metadata_url), key)
    return 0
