"""A pipeline that is killed in the middle of a node goes on where it was, and loses nothing."""

from pathlib import Path
from typing import Any

import pytest

from bert_aas.contracts.files.version_folders import above
from components.evaluator.verdict import compared
from components.transform.analysing import write_transform_graph
from models.training.progress.checkpointing import TrainingState
from tests.e2e.pipeline_process import Project, executed, states

pytestmark = pytest.mark.e2e

DATA_NODES = {"ExampleGen", "StatisticsGen", "SchemaGen", "ExampleValidator"}


def test_killed_in_one_node_after_the_other(project: Project) -> None:
    project.kill_before(write_transform_graph)
    project.kill_before(TrainingState.record_epoch)
    assert any((project.output / "checkpoints").glob("*/latest/checkpoint"))
    project.kill_before(compared)
    assert "of an interrupted training" in project.logged()
    assert not any((project.output / "checkpoints").glob("*"))
    project.kill_before(above)  # the model is copied, the version has no name yet
    assert any((project.output / "serving_model").glob(".staging-*/model/saved_model.pb"))
    assert not project.versions()

    assert_ends_well(project, project.run())


def assert_ends_well(project: Project, run: dict[str, Any]) -> None:
    cached = {node for node, state in states(run).items() if state == "cached"}
    assert cached >= DATA_NODES | {"Transform", "Trainer", "Evaluator"}
    assert executed(run) == {"Pusher"}
    assert run["status"] == "succeeded"
    assert run["blessed"]
    assert run["infra_blessed"]
    assert project.versions() == [Path(run["pushed_model"]).name]
    assert not any((project.output / "serving_model").glob(".staging-*"))
