"""`bert-aas verify`: verify the signature of a model."""

from pathlib import Path
from typing import Any

import click

from pipeline.commands.options import FILE, model_options
from pipeline.environment import quiet_libraries


@click.command()
@model_options
@click.option("--key", type=FILE, required=True, help="File with the public key, PEM.")
def verify(key: Path, **asked: Any) -> int:
    """Verify that a pushed model is signed, and unchanged since.

    MODEL is a version folder, a folder of versions (the newest counts), the id of a run, or a
    registered model: NAME/VERSION, NAME/champion, NAME. Exit
    codes: 0 it is, 2 refused input, 4 it is not.

    For example: bert-aas verify output/demo/serving_model --key public.pem
    """
    quiet_libraries()
    from pipeline.commands.work.models.signing import verify_model
    from pipeline.governance.asked import Asked

    verify_model(Asked(**asked), key)
    return 0
