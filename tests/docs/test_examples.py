"""Runs the examples of the pages: fenced blocks below a line `<!-- tested -->`.

They name a model `bert` at localhost:8501 (REST) and localhost:8500 (gRPC); the test puts the
addresses of its own server there. Each runs in an empty folder.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.serving.client.exporter import export_classifier
from tests.serving.client.processes import ROOT, Addresses, running_server

pytestmark = pytest.mark.e2e

PAGES = ("clients.md", "serving.md")
BLOCK = re.compile(r"^<!-- tested -->\n```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BIN = Path(sys.executable).parent
FILES = {
    "java": ("Ask.java", "javac", "default-jdk-headless"),  # `java FILE` compiles it
    "javascript": ("ask.mjs", "node", "nodejs"),
}


@dataclass(frozen=True)
class Example:
    """One block of a page."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def examples(page: str) -> list[Example]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [
        Example(page, text.count("\n", 0, found.start()) + 2, found[1], found[2])
        for found in BLOCK.finditer(text)
    ]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    base = tmp_path_factory.mktemp("bert")
    export_classifier(base / "1")
    monitoring = ROOT / "deploy" / "kubernetes" / "monitoring.config"
    flags = (f"--model_base_path={base}", f"--monitoring_config_file={monitoring}")
    with running_server("--model_name=bert", *flags) as found:
        yield found


@pytest.mark.parametrize("example", [e for page in PAGES for e in examples(page)], ids=str)
def test_example(example: Example, server: Addresses, tmp_path: Path) -> None:
    text = example.text.replace("localhost:8501", server.url.removeprefix("http://"))
    text = text.replace("localhost:8500", server.grpc)
    assert "localhost" not in text, "the test knows only localhost:8501 and localhost:8500"
    command = command_of(example.language, text, tmp_path)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert '"error"' not in done.stdout


def command_of(language: str, text: str, folder: Path) -> list[str]:
    if language == "bash":
        path = f"{BIN}{os.pathsep}/usr/bin{os.pathsep}/bin"
        return ["bash", "-euo", "pipefail", "-c", f"PATH={shlex.quote(path)}\n{text}"]
    if language == "python":
        return [sys.executable, "-c", text]
    name, program, package = FILES[language]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed: apt-get install {package}")
    (folder / name).write_text(text, encoding="utf-8")
    return [program.removesuffix("c"), name]


def test_every_block_that_runs_is_marked() -> None:
    text = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    assert len(examples("clients.md")) == len(re.findall(r"^```\w+$", text, re.MULTILINE)) > 0
