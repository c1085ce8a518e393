"""What an earlier version pushed and wrote is served, read, compared with, and gone on from."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.pipeline_process import ROOT, Project, states
from tests.earlier_version.archive import unpack

pytestmark = pytest.mark.e2e

EARLIER_RUN = "20261130-021315-1c9d"
EARLIER_VERSION = "1796004864"
TEXTS = ["the shirt, is very good.", "the movie, is very bad.", "hate"]
PROBABILITIES = [(0.374, 0.626), (0.382, 0.618), (0.590, 0.410)]
"""Of negative and positive, as `bert-aas predict` of that version printed them."""
SERVED_TOLERANCE = 0.05  # the server computes in integers or bfloat16 where the CPU does


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The output folder that the earlier version left, and its configuration."""
    folder = tmp_path_factory.mktemp("earlier")
    return Project(output=unpack(folder), config=folder / "config.yaml")


def printed(project: Project, *arguments: str) -> Any:
    process = project.command(*arguments)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output.decode()
    return output.decode()


def test_its_model_is_served(earlier: Project) -> None:
    command = [sys.executable, "-m", "serving", "--model_name=bert", "--port=0"]
    command += ["--rest_api_port=18502", f"--model_base_path={earlier.output / 'serving_model'}"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        address = process.stdout.readline().split("REST ")[1].strip()
        answer = requests.post(f"{address}:predict", json={"instances": TEXTS}, timeout=60)
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0
        process.stdout.close()

    rows = answer.json()["predictions"]
    assert [row["label"] for row in rows] == ["positive", "positive", "negative"]
    for row, expected in zip(rows, PROBABILITIES, strict=True):
        found = dict(zip(row["classes"], row["probabilities"], strict=True))
        assert (found["negative"], found["positive"]) == pytest.approx(
            expected, abs=SERVED_TOLERANCE
        )


def test_its_model_predicts(earlier: Project) -> None:
    folder = str(earlier.output / "serving_model")
    lines = printed(earlier, "predict", "--model-dir", folder, *TEXTS).splitlines()
    assert [line.split()[0] for line in lines[-3:]] == ["positive", "positive", "negative"]


def test_its_run_is_listed(earlier: Project) -> None:
    (run,) = json.loads(printed(earlier, "runs", "--output-dir", str(earlier.output), "--json"))
    assert run["run_id"] == EARLIER_RUN
    assert run["status"] == "succeeded"
    assert run["metrics"]["accuracy"] == pytest.approx(22 / 24)
    assert run["pushed_model"] == str(earlier.output / "serving_model" / EARLIER_VERSION)


def test_a_run_goes_on_after_it(earlier: Project, tmp_path: Path) -> None:
    run = earlier.run("train.epochs=1")

    assert set(states(run).values()) == {"executed"}  # no key is one of the earlier version's
    assert "than the latest blessed model's 0.9167" in run["reason"]
    assert run["pushed_model"] is not None
    first, second = earlier.versions()
    assert first == EARLIER_VERSION
    assert int(second) > int(first)
    page = tmp_path / "page.html"
    asked = ("runs", "--output-dir", str(earlier.output), "--output", str(page))
    assert f"Page         {page}" in printed(earlier, *asked)
    assert EARLIER_RUN in page.read_text(encoding="utf-8")
