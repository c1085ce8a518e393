import csv
import json
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from tests.e2e.pipeline_process import ROOT, TIMEOUT_S, Project
from tests.tiny_encoder import build_tiny_encoder

ROWS = 240
NOISE = 0.2  # share of random labels: no model is perfect
SUBJECTS = ("shirt", "movie", "shoes")
WORDS = {"positive": ("love", "good", "fine"), "negative": ("hate", "bad", "not good")}


def write_reviews(path: Path) -> None:
    """Write a toy data set that one word decides, with line breaks and commas in its texts."""
    draw = random.Random(7)  # noqa: S311 - toy data
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "text", "label", "shop"))
        for number in range(ROWS):
            label = draw.choice(tuple(WORDS))
            word = draw.choice(WORDS[label])
            if draw.random() < NOISE:
                label = draw.choice(tuple(WORDS))
            letters = "".join(draw.choices("abcdefghij", k=4))
            text = f"the {draw.choice(SUBJECTS)}, {letters},\nis very {word}."
            writer.writerow((number, text, label, draw.choice(("north", "south"))))


def write_config(path: Path, data: Path, encoder: Path) -> None:
    """Write a configuration that trains in seconds."""
    path.write_text(
        f"""
name: toy
data: {{path: {data}, text_column: text, label_column: label, key_column: id}}
encoder: {{source: {encoder}}}
transform: {{max_seq_length: 24}}
train: {{epochs: 2, batch_size: 8, learning_rate: 0.005, checkpoint_every_steps: 5}}
optimize: {{min_speedup: 0}}
evaluate: {{threshold: 0.0, max_drop: 1, slices: [shop]}}
""",
        encoding="utf-8",
    )


@pytest.fixture(scope="session")
def finished_project(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Project:
    """A project that has run once, to its end; all of pytest's workers read it, none changes it."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent
    note = shared / "finished_project.json"
    with FileLock(shared / "finished_project.lock"):
        if not note.exists():
            project = new_project(tmp_path_factory)
            project.run()
            paths = {"output": str(project.output), "config": str(project.config)}
            note.write_text(json.dumps(paths), encoding="utf-8")
    return Project(**{name: Path(path) for name, path in json.loads(note.read_text()).items()})


@pytest.fixture(scope="module")
def adopted_project(finished_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project of the module's own that has run to its end, with the work of the finished one."""
    output = tmp_path_factory.mktemp("adopted") / "output"
    output.mkdir()
    shutil.copy(finished_project.output / "metadata.sqlite", output)
    project = replace(finished_project, output=output)
    command = [sys.executable, "-m", "tests.e2e.adopting", "run"]
    command += ["--config", str(project.config), "--output-dir", str(output)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stderr.decode() + project.log_tail()
    return project


@pytest.fixture(scope="module")
def repeated_project(
    finished_project: Project, tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """A project that has not run yet, with data and encoder of the finished one."""
    return replace(finished_project, output=tmp_path_factory.mktemp("repeated") / "output")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that has not run yet."""
    return new_project(tmp_path_factory)


def new_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Make an empty output folder, toy data and a tiny encoder."""
    folder = tmp_path_factory.mktemp("project")
    encoder = build_tiny_encoder(folder / "encoder")
    write_reviews(folder / "reviews.csv")
    write_config(folder / "config.yaml", folder / "reviews.csv", encoder)
    return Project(output=folder / "output", config=folder / "config.yaml")
