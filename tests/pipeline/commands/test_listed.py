"""The list of commands, and what it takes to add one."""

import re
import subprocess
import sys
from pathlib import Path

from pipeline import commands
from pipeline.commands.listed import COMMANDS

NO_COMMANDS = {"__init__", "listed", "options"}
WITH_ANOTHER = """
import sys
import click
from pipeline.commands.listed import COMMANDS

@click.command()
@click.argument("text")
def harvest(text):
    "Bring the harvest in."
    click.echo(f"brought in: {text}")

COMMANDS["harvest"] = harvest
from pipeline.cli import main
sys.exit(main(sys.argv[1:]))
"""


def bert_aas_with_another(*arguments: str) -> str:
    command = [sys.executable, "-c", WITH_ANOTHER, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_every_file_is_in_the_list() -> None:
    folder = Path(str(commands.__file__)).parent
    files = {path.stem for path in folder.glob("*.py")} - NO_COMMANDS
    assert files | {"serve"} == set(COMMANDS)  # the server brings its own


def test_an_entry_is_a_command() -> None:
    assert re.search("harvest +Bring the harvest in.", bert_aas_with_another("--help"))
    assert bert_aas_with_another("harvest", "apples") == "brought in: apples\n"
