"""`bert-aas run`: the whole pipeline on this machine."""

from pathlib import Path

import click

from pipeline.commands.options import FILE, with_output_dir
from pipeline.console.messages import say


@click.command()
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
@click.option("--output-dir", type=str, help="Folder for all results.")
@click.option("--no-cache", is_flag=True, help="Execute all nodes, without the cache.")
@click.option("-v", "--verbose", is_flag=True, help="Show the logs of TFX and TensorFlow.")
def run(
    config_path: Path,
    overrides: tuple[str, ...],
    output_dir: str | None,
    no_cache: bool,
    verbose: bool,
) -> int:
    """Run the whole pipeline on this machine.

    Exit codes: 0 pushed, 3 trained but not blessed, 4 stopped by a gate, 2 refused input,
    1 failure.
    """
    from bert_aas.contracts.files.own_temporary import take_own_folder
    from pipeline.config.pipeline_config import load_config
    from pipeline.runners.local.running import run_pipeline

    take_own_folder()
    config = load_config(config_path, with_output_dir(overrides, output_dir))
    summary = run_pipeline(config, use_cache=not no_cache, verbose=verbose)
    if summary["error"]:
        say(f"Error: {summary['error']}", error=True)
    from pipeline.runs.summary import EXIT_CODES

    return EXIT_CODES[summary["status"]]
