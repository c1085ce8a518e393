"""Walks through docs/first_ten_minutes.md: its commands, in order, in a folder like the project's.

What differs from a user's folder: the reviews are fewer, the configurations name a tiny encoder,
one epoch, no Optimizer and a threshold of 0, `make` finds the environment built, and the server
takes free ports.
"""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tests.e2e.pipeline_process import ROOT
from tests.serving.client.processes import free_ports
from tests.tiny_encoder import build_tiny_encoder

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(1500),  # three runs in one walk: minutes on a busy machine
]

PAGE = ROOT / "docs" / "first_ten_minutes.md"
STEP = re.compile(r"^<!-- step(: keep running)? -->\n```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECTIONS = re.findall(r"^- \*(\w+)\*:", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
LINES = 301  # of the reviews; none of these has a line break in it
REST = "localhost:8501"
TIMEOUT_S = 300.0
PROGRAM = f"""#!/bin/sh
export PYTHONPATH='{ROOT}'
exec '{sys.executable}' -c 'from pipeline.cli import entry_point; entry_point()' "$@"
"""
Step = tuple[str, bool]


def steps() -> list[Step]:
    """The commands of the page, and whether each keeps running."""
    return [(found[2], bool(found[1])) for found in STEP.finditer(PAGE.read_text(encoding="utf-8"))]


def test_every_command_of_the_page_is_a_step() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert len(steps()) == text.count("```bash\n") > 0


def test_the_walk_ends_with_an_answer_for_every_row(tmp_path: Path) -> None:
    write_project(tmp_path)
    before, server, after = parted(steps())
    printed = [walk(step, tmp_path) for step in before]
    assert '"status": "succeeded"' in printed[1]
    assert re.search(r"↺ Trainer +cached", printed[2])
    assert re.search(r"✓ Evaluator +executed", printed[2])
    assert printed[3].count("succeeded") == 2
    report = (tmp_path / "output" / "demo" / "report.html").read_text(encoding="utf-8")
    assert set(SECTIONS) <= set(re.findall(r"<h2[^>]*>([^<]+)", report))
    with running(server, tmp_path) as address:
        answers = [walk(step.replace(REST, address), tmp_path) for step in after]
    assert '"predictions"' in answers[0]
    assert '"predicted_label"' in answers[-1]
    given, answered = (tmp_path / name for name in ("tickets.jsonl", "output/answered.jsonl"))
    rows = given.read_text().splitlines()
    assert len(rows) == len(answered.read_text().splitlines()) > 0


def write_project(folder: Path) -> None:
    """Make a folder that the commands of the page find like the project's."""
    encoder = build_tiny_encoder(folder / "encoder")
    (folder / "Makefile").symlink_to(ROOT / "Makefile")
    for name in ("configs", "data"):
        (folder / name).mkdir()
    with (ROOT / "data" / "product_reviews.csv").open(encoding="utf-8") as reviews:
        lines = [next(reviews) for _ in range(LINES)]
    (folder / "data" / "product_reviews.csv").write_text("".join(lines), encoding="utf-8")
    for name in ("demo.yaml", "product_reviews.yaml"):
        config = yaml.safe_load((ROOT / "configs" / name).read_text(encoding="utf-8"))
        config["encoder"] = {"source": str(encoder)}
        config["optimize"] = {"enabled": False}
        config["transform"]["max_seq_length"] = 24
        config["train"]["epochs"] = 1
        config.get("bias", {}).pop("max", None)  # of so few rows, chance makes more
        config["evaluate"] |= {"threshold": 0.0, "confidence_intervals": False}
        (folder / "configs" / name).write_text(yaml.safe_dump(config), encoding="utf-8")
    program = folder / ".venv" / "bin" / "bert-aas"
    program.parent.mkdir(parents=True)
    program.write_text(PROGRAM, encoding="utf-8")
    program.chmod(0o755)


def parted(found: list[Step]) -> tuple[list[str], str, list[str]]:
    """What comes before the step that keeps running, that step, what comes after."""
    (place,) = [number for number, (_, stays) in enumerate(found) if stays]
    commands = [command for command, _ in found]
    return commands[:place], commands[place], commands[place + 1 :]


def walk(command: str, folder: Path) -> str:
    """Run a command to its end; return what it printed."""
    done = subprocess.run(
        shell(command), cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def shell(command: str) -> list[str]:
    return ["bash", "-euo", "pipefail", "-c", f"export PYTHON=true\n{command}"]  # no `make setup`


@contextmanager
def running(command: str, folder: Path) -> Iterator[str]:
    """Start the server on free ports; yield its REST address once it is ready."""
    (port,) = free_ports(1)
    line = f"exec {command.strip()} --port=0 --rest_api_port={port}"
    process = subprocess.Popen(shell(line), cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"REST http://([\d.:]+)/v1/models/tickets", said)
        assert found, said
        yield found[1]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=TIMEOUT_S)
