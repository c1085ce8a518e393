"""A package that is not installed: one sentence that names the extra which installs it."""

import re
import subprocess
import sys
from collections import defaultdict, deque
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from bert_aas.contracts.extras import EXTRAS, missing_extras, sentence

ROOT = Path(__file__).parents[3]
BLOCKED = """
import sys
from importlib.abc import MetaPathFinder

class Blocked(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in {names}:
            raise ModuleNotFoundError(f'No module named {{name!r}}', name=name)

sys.meta_path.insert(0, Blocked())
"""


def without_extras(code: str) -> "subprocess.CompletedProcess[str]":
    """Run a program where no package of an extra can be imported."""
    program = BLOCKED.format(names=set(EXTRAS)) + code
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_sentence_names_module_and_extra() -> None:
    error = ModuleNotFoundError("No module named 'grpc.aio'", name="grpc.aio")
    assert sentence(error) == 'grpc is not installed; `pip install "bert-aas[serving]"` installs it'


@pytest.mark.parametrize("name", ["pipeline.gone", "colour", None])
def test_what_no_extra_brings_stays_an_error_of_ours(name: str | None) -> None:
    with pytest.raises(ModuleNotFoundError), missing_extras():
        raise ModuleNotFoundError("No module named …", name=name)


@pytest.mark.parametrize(
    ("command", "module", "extra"),
    [
        (["run", "--config", "configs/demo.yaml"], "google_crc32c", "pipeline"),
        (["runs", "--output-dir", "configs"], "ml_metadata", "pipeline"),
        (["serve", "--model_base_path=/"], "ml_dtypes", "serving"),
        (["predict", "--grpc", "localhost:1", "a text"], "grpc", "serving"),
    ],
)
def test_a_command_says_what_it_lacks(command: list[str], module: str, extra: str) -> None:
    code = f"from pipeline.cli import main; sys.exit(main({command!r}))"
    done = without_extras(code)
    assert done.returncode == 2
    hint = f'{module} is not installed; `pip install "bert-aas[{extra}]"` installs it'
    assert done.stderr == f"Error: {hint}\n"


def test_the_server_alone_says_so_too() -> None:
    code = "from serving.cli import main; sys.exit(main(['--model_base_path=/']))"
    done = without_extras(code)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: ml_dtypes is not installed;")


def test_without_extras_the_public_face_is_there() -> None:
    code = (
        "import bert_aas; [getattr(bert_aas, name) for name in bert_aas.__all__]\n"
        "config = bert_aas.load_config('configs/demo.yaml', ['train.epochs=1'])\n"
        "client = bert_aas.RestClient('http://localhost:1', 'bert')\n"
        "print(config.train.epochs, client.is_ready())\n"
        "try: bert_aas.GrpcClient('localhost:1', 'bert')\n"
        "except bert_aas.InvalidInputError as exc: print(exc)\n"
    )
    done = without_extras(code)
    assert done.stderr == ""
    hint = 'grpc is not installed; `pip install "bert-aas[serving]"` installs it'
    assert done.stdout.splitlines() == ["1 False", hint]


def test_a_notebook_says_so() -> None:
    code = (
        "import bert_aas\n"
        "try: bert_aas.open_pipeline('configs/demo.yaml')\n"
        "except bert_aas.NotebookError as exc: print(exc)\n"
    )
    done = without_extras(code)
    assert 'is not installed; `pip install "bert-aas[' in done.stdout, done.stderr


# Airflow has an environment of its own.
@pytest.mark.parametrize("module", sorted(set(EXTRAS) - {"airflow"}))
def test_the_extra_does_bring_the_module(module: str) -> None:
    wanted = owners()[module]
    assert wanted & brought(EXTRAS[module])
    assert not wanted & brought("base")


@cache
def owners() -> dict[str, set[str]]:
    """Map top-level modules to the installed packages that have files in them."""
    found: dict[str, set[str]] = defaultdict(set)
    for distribution in metadata.distributions():
        for folder in {file.parts[0] for file in distribution.files or ()}:
            found[folder].add(canonical(distribution.name))
    return found


@cache
def brought(extra: str) -> set[str]:
    """Name all that comes with an extra, beside what every installation has."""
    files = {"serving": ["serving", "serving-tensorflow"]}.get(extra, [extra])
    waiting = deque(requirement for name in files for requirement in listed(name))
    found: set[str] = set()
    while waiting:
        name = canonical(waiting.popleft().name)
        if name in found:
            continue
        found.add(name)
        try:
            asked = map(Requirement, metadata.requires(name) or [])
        except metadata.PackageNotFoundError:
            continue
        waiting.extend(each for each in asked if not each.marker or each.marker.evaluate())
    return found


def listed(name: str) -> list[Requirement]:
    text = (ROOT / "requirements" / f"{name}.in").read_text(encoding="utf-8")
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [Requirement(line) for line in lines if line]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
