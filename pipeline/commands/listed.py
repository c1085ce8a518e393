"""The commands of `bert-aas`, in alphabetical order."""

import click

from pipeline.commands import bias, doctor, encoder, explain, node, predict, run, runs
from pipeline.commands import compile as compile_
from serving.cli import serve

COMMANDS: dict[str, click.Command] = {
    "bias": bias.bias,
    "compile": compile_.compile_,
    "doctor": doctor.doctor,
    "encoder": encoder.encoder,
    "explain": explain.explain,
    "node": node.node,
    "predict": predict.predict,
    "run": run.run,
    "runs": runs.runs,
    "serve": serve,
}
"""A new command is one file beside this one, and one entry here."""
