"""`bert-aas encoder`: import encoders, and make smaller ones."""

from pathlib import Path

import click

from bert_aas.contracts.plain_text import printable, shell_word
from pipeline.commands.options import FILE
from pipeline.console.messages import say


@click.group()
def encoder() -> None:
    """Bring encoders in, make smaller ones."""


def _use_of(module: Path) -> str:
    """Say how to use a module; a folder may be called like an encoder, or have blanks."""
    from models.encoders.sources import spelt_source

    setting = shell_word(f"encoder.source={spelt_source(module)}")
    return f"wrote {printable(module)}; use it with --set {setting}"


@encoder.command("import")
@click.argument("source", type=FILE)
@click.option("--output", type=FILE, required=True, help="Folder of the TF-Hub module to write.")
def import_encoder(source: Path, output: Path) -> int:
    """Turn a Hugging Face BERT checkpoint folder SOURCE into a TF-Hub module."""
    from pipeline.environment import quiet_libraries

    quiet_libraries()
    from models.encoders.importing.huggingface import import_checkpoint

    import_checkpoint(source, output)
    say(_use_of(output))
    return 0


@encoder.command("cut")
@click.argument("source")
@click.option(
    "--layers", type=click.IntRange(min=1), required=True, help="Number of layers to keep."
)
@click.option("--output", type=FILE, required=True, help="Folder of the TF-Hub module to write.")
def cut_encoder(source: str, layers: int, output: Path) -> int:
    """Keep some layers of the encoder SOURCE (as encoder.source), for a student of train.teacher.

    For example: bert-aas encoder cut minilm --layers 3 --output encoders/minilm-3
    """
    from pipeline.environment import quiet_libraries

    quiet_libraries()
    from models.encoders import students
    from models.environment import cache_dir

    kept = students.cut_encoder(source, layers, output, cache_dir())
    say(f"kept the layers {', '.join(map(str, kept))} (the first is 0)")
    say(_use_of(output))
    return 0
