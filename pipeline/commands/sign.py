"""`bert-aas sign`: sign the folder of a model."""

from pathlib import Path
from typing import Any

import click

from pipeline.commands.options import FILE, model_options
from pipeline.environment import quiet_libraries


@click.command()
@model_options
@click.option("--key", type=FILE, required=True, help="File with a private key, PEM.")
def sign(key: Path, **asked: Any) -> int:
    """Sign every file of a pushed model: OpenSSF model signing, with a key file.

    MODEL is a version folder, a folder of versions (the newest counts), the id of a run, or a
    registered model: NAME/VERSION, NAME/champion, NAME. The
    signature is the file model.sig in the version folder; `serve --verify_key` asks for it.

    For example: bert-aas sign output/demo/serving_model --key key.pem
    """
    quiet_libraries()
    from pipeline.commands.work.models.signing import sign_model
    from pipeline.governance.asked import Asked

    sign_model(Asked(**asked), key)
    return 0
