"""`bert-aas sbom`: the bill of materials of a pushed model."""

from pathlib import Path
from typing import Any

import click

from pipeline.commands.options import model_options, output_file
from pipeline.environment import quiet_libraries


@click.command()
@model_options
@output_file
def sbom(output: Path | None, **asked: Any) -> int:
    """Write what a pushed model was made of, in CycloneDX: packages, data, encoder, with hashes.

    MODEL is a version folder, a folder of versions (the newest counts), the id of a run, or a
    registered model: NAME/VERSION, NAME/champion, NAME.

    For example: bert-aas sbom output/demo/serving_model --output bom.cdx.json
    """
    quiet_libraries()
    from pipeline.commands.work.models.writing_papers import write_bill
    from pipeline.governance.asked import Asked

    write_bill(Asked(**asked), output)
    return 0
