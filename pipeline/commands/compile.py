"""`bert-aas compile`: the pipeline for an orchestrator, or a picture of it."""

from pathlib import Path

import click

from pipeline.commands.options import FILE, with_output_dir
from pipeline.console.messages import say

RUNNERS = ("airflow", "kubeflow", "vertex", "dot", "mermaid")


@click.command("compile")
@click.option(
    "--runner",
    type=click.Choice(RUNNERS),
    required=True,
    help="The orchestrator, or a picture (dot, mermaid).",
)
@click.option(
    "--config", "config_path", type=FILE, required=True, help="YAML file; configs/ has examples."
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a field, e.g. train.epochs=2.",
)
@click.option("--output-dir", type=str, help="Folder or URI for the results of the runs.")
@click.option(
    "--output",
    "output_path",
    type=FILE,
    required=True,
    help="File or folder to write; - prints it.",
)
@click.option(
    "--no-cache", is_flag=True, help="Let every run execute all nodes, without the cache."
)
def compile_(
    runner: str,
    config_path: Path,
    overrides: tuple[str, ...],
    output_dir: str | None,
    output_path: Path,
    no_cache: bool,
) -> int:
    """Compile the pipeline for an orchestrator, or draw it.

    airflow: a folder for the DAG file to read; kubeflow: a package for Kubeflow Pipelines 2;
    vertex: a job for Vertex AI; dot, mermaid: a picture of the graph.
    """
    from pipeline.commands.work.runs.packaging import write_package
    from pipeline.config.pipeline_config import load_config

    config = load_config(config_path, with_output_dir(overrides, output_dir))
    say(write_package(runner, config, output_path, enable_cache=not no_cache), newline=False)
    return 0
