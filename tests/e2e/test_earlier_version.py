"""What an earlier version or the other stack wrote is served, read and gone on from."""

import json
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.pipeline_process import ROOT, Project, states
from tests.earlier_version.archive import unpack

pytestmark = [pytest.mark.e2e, pytest.mark.both_stacks]

TEXTS = ["the shirt, is very good.", "the movie, is very bad.", "hate"]
SERVED_TOLERANCE = 0.05  # the server computes in integers or bfloat16 where the CPU does


@dataclass(frozen=True)
class Written:
    """What an archive holds.

    Attributes:
        archive: Its name in `tests/earlier_version`.
        run_id: The run that wrote it.
        version: The version of the model that it pushed.
        tfx: The release of TFX.
        labels: The classes of `TEXTS`, as `bert-aas predict` printed them then.
        probabilities: Of negative and positive, as it printed them.
    """

    archive: str
    run_id: str
    version: str
    tfx: str
    labels: tuple[str, ...]
    probabilities: tuple[tuple[float, float], ...]


VERSION_0_1 = Written(
    "version_0_1",
    "20261130-021315-1c9d",
    "1796004864",
    "1.16.0",
    ("positive", "positive", "negative"),
    ((0.374, 0.626), (0.382, 0.618), (0.590, 0.410)),
)
STACK_CURRENT = Written(
    "stack_current",
    "20261130-105532-f915",
    "1796036220",
    "1.21.0",
    ("positive", "negative", "negative"),
    ((0.162, 0.838), (0.823, 0.177), (0.855, 0.145)),
)


@pytest.fixture(
    scope="module", params=[VERSION_0_1, STACK_CURRENT], ids=lambda written: written.archive
)
def written(request: pytest.FixtureRequest) -> Written:
    found: Written = request.param
    return found


@pytest.fixture(scope="module")
def earlier(written: Written, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The output folder that was left, and its configuration."""
    folder = tmp_path_factory.mktemp("earlier")
    return Project(output=unpack(written.archive, folder), config=folder / "config.yaml")


def printed(project: Project, *arguments: str) -> Any:
    process = project.command(*arguments)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output.decode()
    return output.decode()


def test_its_model_is_served(earlier: Project, written: Written) -> None:
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
    assert tuple(row["label"] for row in rows) == written.labels
    for row, expected in zip(rows, written.probabilities, strict=True):
        found = dict(zip(row["classes"], row["probabilities"], strict=True))
        assert (found["negative"], found["positive"]) == pytest.approx(
            expected, abs=SERVED_TOLERANCE
        )


def test_its_model_predicts(earlier: Project, written: Written) -> None:
    folder = str(earlier.output / "serving_model")
    lines = printed(earlier, "predict", "--model-dir", folder, *TEXTS).splitlines()
    assert tuple(line.split()[0] for line in lines[-3:]) == written.labels


def test_its_run_is_listed(earlier: Project, written: Written) -> None:
    (run,) = json.loads(printed(earlier, "runs", "--output-dir", str(earlier.output), "--json"))
    assert run["run_id"] == written.run_id
    assert run["status"] == "succeeded"
    assert run["metrics"]["accuracy"] == pytest.approx(22 / 24)
    assert run["pushed_model"] == str(earlier.output / "serving_model" / written.version)


def test_a_run_goes_on_after_it(earlier: Project, written: Written, tmp_path: Path) -> None:
    run = earlier.run("train.epochs=1")

    if written is VERSION_0_1 or written.tfx != metadata.version("tfx"):
        assert set(states(run).values()) == {"executed"}  # no key is one of the other release's
    assert "than the latest blessed model's 0.9167" in run["reason"]
    assert run["pushed_model"] is not None
    first, second = earlier.versions()
    assert first == written.version
    assert int(second) > int(first)
    page = tmp_path / "page.html"
    asked = ("runs", "--output-dir", str(earlier.output), "--output", str(page))
    assert f"Page         {page}" in printed(earlier, *asked)
    assert written.run_id in page.read_text(encoding="utf-8")
