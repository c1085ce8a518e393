"""`bert-aas sbom`: the bill of materials of a pushed model."""

from pathlib import Path

import click

from pipeline.commands.options import FILE, model_options
from pipeline.environment import quiet_libraries


@click.command()
@model_options
@click.option("--output", type=FILE, help="Write to this file instead.")
def sbom(model: str, output_dir: str | None, metadata_url: str | None, output: Path | None) -> int:
    """Write what a pushed model was made of, in CycloneDX: packages, data, encoder, with hashes.

    MODEL is a version folder, a folder of versions (the newest counts), or the id of a run.

    For example: bert-aas sbom output/demo/serving_model --output bom.cdx.json
    """
    quiet_libraries()
    from pipeline.commands.work.writing_papers import write_bill
    from pipeline.governance.models import Asked

    write_bill(Asked(model, output_dir, metadata_url), output)
    return 0
