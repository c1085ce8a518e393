import csv
import random
from pathlib import Path

import pytest

from tests.e2e.pipeline_process import Project
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
train: {{epochs: 2, batch_size: 8, learning_rate: 0.005, checkpoint_every_steps: 1}}
optimize: {{min_speedup: 0}}
evaluate: {{threshold: 0.0, max_drop: 1, slices: [shop]}}
""",
        encoding="utf-8",
    )


@pytest.fixture(scope="session")
def finished_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that has run once, unchanged since, to its end."""
    project = new_project(tmp_path_factory)
    project.run()
    return project


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
