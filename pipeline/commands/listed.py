"""The commands of `bert-aas`, in alphabetical order."""

import click

from pipeline.commands import compile as compile_
from pipeline.commands import doctor, encoder, explain, node, predict, run, runs
from serving.cli import serve

COMMANDS: dict[str, click.Command] = {
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
