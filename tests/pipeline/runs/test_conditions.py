"""Conditions of a run are read back; those of an earlier release are none."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.metadata.records import ArtifactRecord, NodeRecord
from pipeline.runs.conditions import (
    decided_document,
    evaluation_file,
    is_undecided,
    not_met,
    read_blessing,
    read_conditions,
    read_tests,
)


def records(
    folder: Path, state: str = "executed", node: str = "Evaluator", key: str = "evaluation"
) -> dict[str, Any]:
    artifact = ArtifactRecord(id=1, type="ModelEvaluation", uri=str(folder), properties={})
    made = NodeRecord(node_id=node, state=state, seconds=1.0, outputs={key: [artifact]})
    return {node: made}


def both(folder: Path, node: str, key: str, **properties: Any) -> dict[str, Any]:
    """A node that decided: what it measured, and its blessing."""
    made, blessing = (
        ArtifactRecord(number, kind, str(folder), given)
        for number, kind, given in ((1, "Metrics", {}), (2, "ModelBlessing", properties))
    )
    outputs = {key: [made], "blessing": [blessing]}
    return {node: NodeRecord(node_id=node, state="executed", seconds=1.0, outputs=outputs)}


def write(folder: Path, name: str, content: Any) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(content))


def test_read_back(tmp_path: Path) -> None:
    write(tmp_path, "conditions.json", {"conditions": [{"name": "a"}]})
    test = {"name": "praise", "rows": 2, "passed": 1}
    write(tmp_path, "behaviour.json", {"tests": [{**test, "failures": [{"text": "x"}]}]})
    assert read_conditions(records(tmp_path)) == [{"name": "a"}]
    assert read_tests(records(tmp_path)) == [test]
    assert evaluation_file(records(tmp_path)) == f"{tmp_path}/evaluation.json"


def test_an_earlier_release_and_a_failed_node_have_none(tmp_path: Path) -> None:
    assert read_conditions(records(tmp_path)) == []
    assert read_tests(records(tmp_path)) == []
    write(tmp_path, "conditions.json", {"conditions": [{"name": "a"}]})
    assert read_conditions(records(tmp_path, "failed")) == []
    assert read_conditions({}) == []


def test_the_node_that_decided_last_is_read(tmp_path: Path) -> None:
    left = [{"name": "a", "outcome": "passed"}, {"name": "b", "outcome": "deferred"}]
    write(tmp_path / "first", "conditions.json", {"conditions": left})
    write(tmp_path / "first", "evaluation.json", {"verdict": {"passed": True}})
    first = both(tmp_path / "first", "Evaluator", "evaluation", compared="x", blessed=0)
    assert (read_conditions(first), read_blessing(first)["blessed"]) == (left, 0)
    assert is_undecided(read_blessing(first))
    assert decided_document(first) == {"verdict": {"passed": True}}

    decided = [left[0], {"name": "b", "outcome": "failed"}]
    write(tmp_path / "later", "conditions.json", {"conditions": decided})
    write(tmp_path / "later", "evaluation.json", {"verdict": {"passed": False}})
    later = both(tmp_path / "later", "ModelBiasDetector", "analysis", reason="not blessed: b")
    assert read_conditions(first | later) == decided
    assert decided_document(first | later) == {"verdict": {"passed": False}}
    assert read_blessing(first | later)["reason"] == "not blessed: b"
    assert not is_undecided(read_blessing(first | later))
    assert evaluation_file(first | later) == f"{tmp_path}/later/evaluation.json"

    (node,) = later.values()
    failed = {"ModelBiasDetector": replace(node, state="failed")}
    assert read_conditions(first | failed) == left


def test_a_node_that_measured_bias_and_had_nothing_to_decide(tmp_path: Path) -> None:
    write(tmp_path, "conditions.json", {"conditions": [{"name": "a"}]})
    first = both(tmp_path, "Evaluator", "evaluation", blessed=1)
    later = records(tmp_path / "later", node="ModelBiasDetector", key="analysis")
    assert read_conditions(first | later) == [{"name": "a"}]
    assert read_blessing(first | later) == {"blessed": 1}
    assert read_blessing({}) == {}


def test_not_met_are_those_that_count() -> None:
    outcomes = ("passed", "failed", "not_measured", "deferred")
    given = [{"decides": decides, "outcome": o} for o in outcomes for decides in (True, False)]
    assert [one["outcome"] for one in not_met(given)] == ["failed", "not_measured"]
