"""Conditions of a run are read back; those of an earlier release are none."""

import json
from pathlib import Path
from typing import Any

from pipeline.metadata.records import ArtifactRecord, NodeRecord
from pipeline.runs.conditions import (
    decided_document,
    evaluation_file,
    not_met,
    read_conditions,
    read_tests,
)


def records(
    folder: Path, state: str = "executed", node: str = "Evaluator", key: str = "evaluation"
) -> dict[str, Any]:
    artifact = ArtifactRecord(id=1, type="ModelEvaluation", uri=str(folder), properties={})
    made = NodeRecord(node_id=node, state=state, seconds=1.0, outputs={key: [artifact]})
    return {node: made}


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


def test_what_was_left_open_is_what_the_later_node_decided(tmp_path: Path) -> None:
    left = [{"name": "a", "outcome": "passed"}, {"name": "b", "outcome": "deferred"}]
    write(tmp_path / "first", "conditions.json", {"conditions": left})
    write(tmp_path / "first", "evaluation.json", {"verdict": {"passed": True}, "rows": 3})
    decided = {"name": "b", "outcome": "failed", "decides": True}
    write(tmp_path / "later", "analysis.json", {"bert_aas": {"conditions": [decided]}})
    first = records(tmp_path / "first")
    assert read_conditions(first) == left
    assert decided_document(first) == {"verdict": {"passed": True, "failed": []}, "rows": 3}
    both = first | records(tmp_path / "later", node="ModelBiasDetector", key="analysis")
    assert read_conditions(both) == [left[0], decided]
    assert decided_document(both)["verdict"] == {"passed": False, "failed": ["b"]}


def test_not_met_are_those_that_count() -> None:
    outcomes = ("passed", "failed", "not_measured", "deferred")
    given = [{"decides": decides, "outcome": o} for o in outcomes for decides in (True, False)]
    assert [one["outcome"] for one in not_met(given)] == ["failed", "not_measured"]
