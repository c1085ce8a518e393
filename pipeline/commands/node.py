"""`bert-aas node`: one node of a compiled pipeline, for orchestrators."""

from typing import Any

import click

from pipeline.commands.options import with_output_dir
from pipeline.stopping import terminated_by_sigterm


@click.command()
@click.option("--ir", required=True, help="The compiled pipeline: a path, a URI, or a data: URI.")
@click.option("--node", "node_id", required=True, help="Id of the node, e.g. Trainer.")
@click.option("--run-id", required=True, help="Id shared by all nodes of one run.")
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a field, e.g. train.epochs=2.",
)
@click.option("--output-dir", type=str, help="Folder or URI for all results.")
@click.option(
    "--pipeline-root", help="Folder or URI of the artifacts; by default OUTPUT_DIR/artifacts."
)
@click.option("--metadata-url", help="Address of the metadata store, written like `metadata.url`.")
@click.option("--report-dir", help="Folder for the report, which the last node of the run writes.")
@click.option("--not-pushed-exit-code", default=0, show_default=True, type=click.IntRange(0, 255))
@click.option("--executor-input", help="Kubeflow Pipelines' ExecutorInput as JSON.")
@click.option("-v", "--verbose", is_flag=True, help="Show the logs of TFX and TensorFlow.")
def node(
    ir: str,
    overrides: tuple[str, ...],
    output_dir: str | None,
    metadata_url: str | None,
    verbose: bool,
    **options: Any,
) -> int:
    """Run one node of a compiled pipeline in this process; orchestrators call this.

    All nodes of a run have the same run id and the same --set. A call that was killed can be
    repeated as it was. Exit codes: 0 the node succeeded, 2 refused input, 1 failure, 143 stopped
    by SIGTERM.
    """
    from bert_aas.contracts.files.own_temporary import take_own_folder
    from pipeline.commands.work.runs.node_process import NodeRequest, run_node_process

    settings = [
        *with_output_dir(overrides, output_dir),
        *([f"metadata.url={metadata_url}"] if metadata_url else []),
    ]
    with terminated_by_sigterm():
        take_own_folder()
        return run_node_process(NodeRequest(ir, settings=settings, **options), verbose=verbose)
