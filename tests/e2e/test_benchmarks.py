"""The benchmarks of a finished run, its nodes and its pushed model: that they run, and on what."""

import json
from pathlib import Path

import pytest

from tests.benchmarks.scripts import run
from tests.e2e.pipeline_process import Project

pytestmark = pytest.mark.e2e


def test_the_encoder_is_compared_with_tfidf(adopted_project: Project, tmp_path: Path) -> None:
    given = ["--config", str(adopted_project.config), "--output-dir", str(adopted_project.output)]

    printed, found = run("against_tfidf", tmp_path / "found.json", *given)

    metrics = json.loads((adopted_project.output / "run.json").read_text())["metrics"]
    assert found["encoder"] == {name: round(metrics[name], 4) for name in ("accuracy", "macro_f1")}
    assert "times as many errors" in printed


def test_cached_nodes_are_timed(adopted_project: Project, tmp_path: Path) -> None:
    given = ["--ir", str(adopted_project.output / "pipeline.json"), "--nodes", "ExampleGen"]

    _, found = run("node_startup", tmp_path / "found.json", *given, "--rounds", "1")

    assert list(found["nodes"]) == ["ExampleGen"]
    assert found["nodes"]["ExampleGen"]["ours"]["s"]["median"] > 0


def test_cached_runs_are_timed(adopted_project: Project, tmp_path: Path) -> None:
    given = ["--config", str(adopted_project.config), "--output-dir", str(adopted_project.output)]

    _, found = run("cached_run", tmp_path / "found.json", *given, "--rounds", "1")

    assert list(found["seconds"]) == ["ours", "plain imports", "three predictions"]


def test_the_transports_are_timed(adopted_project: Project, tmp_path: Path) -> None:
    given = ["--model-dir", str(adopted_project.output / "serving_model"), "--rounds", "3"]

    _, found = run("serving_overhead", tmp_path / "found.json", *given)

    assert list(found["ms"]) == ["model", "rest", "grpc"]
