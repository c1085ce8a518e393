"""A pipeline that is killed in the middle of a node goes on where it was, and loses nothing.

The tests of this file are steps of one story: each starts from what the one before left.
"""

import os
import shutil
from pathlib import Path

import pytest

from tests.e2e.pipeline_process import Project, executed, states

pytestmark = pytest.mark.e2e

PADDING_BYTES = 256 * 1024 * 1024
DATA_NODES = {"ExampleGen", "StatisticsGen", "SchemaGen", "ExampleValidator"}


def cached(run_states: dict[str, str]) -> set[str]:
    return {node for node, state in run_states.items() if state == "cached"}


def test_killed_in_transform(project: Project) -> None:
    project.kill_when(
        "Transform", lambda: project.running_execution("Transform", "transform_graph")
    )

    assert not project.versions()


def test_killed_in_trainer_after_transform_succeeded(project: Project) -> None:
    checkpoints = project.output / "checkpoints"
    project.kill_when("Trainer", lambda: any(checkpoints.glob("*/latest/checkpoint")))

    assert not project.versions()


def test_killed_in_evaluator_after_training_was_resumed(project: Project) -> None:
    project.kill_when("Evaluator", lambda: project.running_execution("Evaluator", "evaluation"))

    assert "of an interrupted training" in project.logged()
    assert not any((project.output / "checkpoints").glob("*"))


def test_killed_in_pusher_leaves_no_version(project: Project) -> None:
    serving = project.output / "serving_model"
    (model,) = (project.output / "artifacts" / "Optimizer" / "model").glob("*/Format-Serving")
    padding = model / "assets" / "padding"
    padding.touch()
    os.truncate(padding, PADDING_BYTES)  # a toy model would be copied in a blink
    try:
        project.kill_when("Pusher", lambda: any(serving.glob(".staging-*/model")))
    finally:
        padding.unlink()

    assert not project.versions()


def test_next_run_takes_finished_nodes_from_the_cache_and_pushes(project: Project) -> None:
    run = project.run()

    assert cached(states(run)) >= DATA_NODES | {"Transform", "Trainer", "Evaluator"}
    assert executed(run) == {"Pusher"}
    assert run["status"] == "succeeded"
    assert run["blessed"]
    assert run["infra_blessed"]
    assert project.versions() == [Path(run["pushed_model"]).name]
    assert not any((project.output / "serving_model").glob(".staging-*"))


def test_unchanged_run_is_all_cache(project: Project) -> None:
    versions = project.versions()

    run = project.run()

    assert set(states(run).values()) == {"cached"}
    assert run["status"] == "succeeded"
    assert project.versions() == versions


def test_removed_version_is_pushed_again(project: Project) -> None:
    (version,) = project.versions()
    shutil.rmtree(project.output / "serving_model" / version)

    run = project.run()

    assert executed(run) == {"Pusher"}
    assert project.versions() == [Path(run["pushed_model"]).name]
    assert set(states(project.run()).values()) == {"cached"}


def test_unreached_threshold_pushes_nothing(project: Project) -> None:
    versions = project.versions()

    run = project.run("evaluate.threshold=0.999", expect=3)

    assert run["status"] == "not_blessed"
    assert run["pushed_model"] is None
    assert "is below the threshold 0.999" in run["reason"]
    assert project.versions() == versions
