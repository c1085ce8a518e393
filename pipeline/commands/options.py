"""Types and options that several commands share."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click


class PathType(click.Path):
    """A path of this machine; `~` is the home folder, which shells leave in `--output=~/model`."""

    def convert(self, value: Any, *context: Any) -> Any:
        """Expand the home folder; refuse names that are not UTF-8."""
        try:
            str(value).encode()
        except UnicodeEncodeError:
            self.fail(f"{str(value)!a} is not UTF-8; rename it.")
        return super().convert(os.path.expanduser(value), *context)  # noqa: PTH111


FILE = PathType(path_type=Path)

QUOTING = ("auto", "quotes", "none")
_Command = TypeVar("_Command", bound=Callable[..., Any])


def reading_options(of: str = "") -> Callable[[_Command], _Command]:
    """Add how a table is read: `--encoding`, `--separator` and `--quoting`.

    Args:
        of: What the help calls the table, such as " of --input".

    Returns:
        A decorator for commands.
    """
    options = (
        click.option(
            "--encoding",
            default="auto",
            show_default=True,
            help=f"Encoding{of}, e.g. cp1252.",
        ),
        click.option(
            "--separator",
            default="auto",
            show_default=True,
            help="Separator of fields in CSV and TSV.",
        ),
        click.option("--quoting", default="auto", show_default=True, type=click.Choice(QUOTING)),
    )

    def add(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def with_output_dir(overrides: Sequence[str], output_dir: str | None) -> list[str]:
    """Add `--output-dir` to the overrides.

    Args:
        overrides: Of `--set`.
        output_dir: What `--output-dir` was given.

    Returns:
        All overrides; the option wins.
    """
    return [*overrides, *([f"output_dir={output_dir}"] if output_dir else [])]


def model_options(command: _Command) -> _Command:
    """Add the argument MODEL, and where its run and its registry are.

    Args:
        command: A command.

    Returns:
        The command, which gets `model`, `registry` and what `run_options` add.
    """
    return run_options(registry_option(click.argument("model", metavar="MODEL")(command)))


def run_options(command: _Command) -> _Command:
    """Add where the metadata of a model's run is.

    Args:
        command: A command.

    Returns:
        The command, which gets `output_dir` and `metadata_url`.
    """
    for option in (
        click.option("--metadata-url", help="Address of the metadata store instead."),
        click.option(
            "--output-dir",
            help="The output folder of its run; by default those around it and in output/.",
        ),
    ):
        command = option(command)
    return command


registry_option = click.option(
    "--registry",
    metavar="PLACE",
    help="An output folder, sqlite:///PATH, or the URL of an MLflow server. By default "
    "$BERT_AAS_REGISTRY, else the registry in `output` or in a folder of it.",
)
card_format = click.option(
    "--format",
    "file_format",
    type=click.Choice(("markdown", "html", "sagemaker", "huggingface")),
    default="markdown",
    show_default=True,
    help="sagemaker: SageMaker's JSON; huggingface: a README.md for the Hub.",
)
card_file = click.option(
    "--card",
    "card_file",
    type=FILE,
    help="YAML file with what people say of it: intended use, limits, owner, licence.",
)
output_file = click.option("--output", type=FILE, help="Write to this file instead.")


_TRANSFORM = {
    "split_type": (("Line",), "Read --input as batch transform does, record by record."),
    "batch_strategy": (("SingleRecord", "MultiRecord"), "Records in one call of the model."),
    "input_filter": (None, "JSONPath to what the model gets of a record, such as $.text or $[1]."),
    "output_filter": (None, "JSONPath to what is written of a result."),
    "join_source": (("None", "Input"), "Input: write each record with its answer."),
    "assemble_with": (("None", "Line"), "Line, the default, ends each result with a line feed."),
    "response_keys": (None, "What the answer to a row of a CSV holds, with commas between."),
}
TRANSFORM_OPTIONS = tuple(_TRANSFORM)
"""The parameters of SageMaker's batch transform."""


def transform_options(command: _Command) -> _Command:
    """Add the options of SageMaker's batch transform; those that are not given are None."""
    for name, (values, text) in reversed(_TRANSFORM.items()):
        kind = None if values is None else click.Choice(values)
        option = click.option(f"--{name.replace('_', '-')}", type=kind, help=text)
        command = option(command)
    return command
