"""Conditions that the Evaluator left open, decided with the figures of the model's bias."""

import json
from pathlib import Path
from typing import Any

import pytest

from bert_aas.bias.analysis import model_analysis
from bert_aas.bias.predicted.measuring import measure_model_bias
from bert_aas.conditions.evaluating import as_json, evaluate
from bert_aas.conditions.params import ConditionParams
from components.model_bias_detector.deciding import decide_deferred

DOCUMENT = {"has_baseline": True, "metrics": {"accuracy": {"value": 0.8, "baseline": 0.7}}}


def analysis(said: str, baseline: str = "yyyynnnn", **more: Any) -> dict[str, Any]:
    """Four women and four men; two of each are positive."""
    reports = [
        measure_model_bias(
            {"sex": list("ffffmmmm"), "hired": list("yynnyynn"), "said": list(answers)},
            label="hired", predicted="said", facets=["sex=f"], positive=["y"],
        )
        for answers in (said, baseline)
    ]  # fmt: skip
    return model_analysis(reports[0], baseline=reports[1], **more)


def evaluated(folder: Path, *conditions: dict[str, Any]) -> str:
    """Write what the Evaluator leaves behind."""
    listed = [ConditionParams.model_validate_json(json.dumps(one)) for one in conditions]
    verdict = evaluate(listed, DOCUMENT, later=["bias.after."])
    (folder / "evaluation.json").write_text(json.dumps(DOCUMENT))
    (folder / "conditions.json").write_text(json.dumps(as_json(verdict)))
    return str(folder)


def outcomes(folder: str, content: dict[str, Any]) -> dict[str, str]:
    found = decide_deferred(folder, content).verdict.findings
    return {one.condition.name: one.outcome for one in found}


RECALL = {"name": "recall", "metric": "bias.after.RD", "operator": "<=", "bound": 0.4}
ACCURACY = {"name": "accuracy", "metric": "accuracy", "bound": 0.5}


@pytest.mark.parametrize(("said", "outcome"), [("yynnyynn", "passed"), ("ynnnyynn", "failed")])
def test_a_figure_of_the_candidate(tmp_path: Path, said: str, outcome: str) -> None:
    folder = evaluated(tmp_path, RECALL, ACCURACY)
    assert decide_deferred(folder, analysis(said)).left == {"recall"}
    assert outcomes(folder, analysis(said)) == {"recall": outcome, "accuracy": "passed"}


def test_a_condition_that_joins_others(tmp_path: Path) -> None:
    both = {"name": "both", "operator": "and", "of": ["recall", "accuracy"]}
    folder = evaluated(tmp_path, RECALL, ACCURACY, both)
    decided = decide_deferred(folder, analysis("ynnnyynn"))
    assert decided.left == {"recall", "both"}
    assert outcomes(folder, analysis("ynnnyynn"))["both"] == "failed"
    assert [one["name"] for one in decided.listed] == ["recall", "both"]
    assert [one["name"] for one in decided.refused] == ["both"]  # "recall" counts through it


def test_both_documents_are_written_whole(tmp_path: Path) -> None:
    folder = evaluated(tmp_path, RECALL, ACCURACY)
    (tmp_path / "later").mkdir()
    decide_deferred(folder, analysis("ynnnyynn")).write(str(tmp_path / "later"))
    names = ("evaluation.json", "conditions.json")
    document, conditions = (json.loads((tmp_path / "later" / name).read_text()) for name in names)
    assert document["metrics"] == DOCUMENT["metrics"]
    assert document["bias"]["after"]["comparisons"]
    assert document["verdict"] == conditions["verdict"]
    assert conditions["verdict"]["passed"] is False
    assert {one["name"]: (one["measured"], one["outcome"]) for one in conditions["conditions"]} == {
        "recall": (0.5, "failed"),
        "accuracy": (0.8, "passed"),
    }


def test_against_the_baseline(tmp_path: Path) -> None:
    """The candidate's difference of recall is 0.5; the baseline's are 0.5 and 0."""
    no_worse = {"name": "a", "metric": "bias.after.RD", "operator": "<=", "bound": "baseline"}
    folder = evaluated(tmp_path, no_worse)
    assert outcomes(folder, analysis("ynnnyynn", baseline="ynnnyynn")) == {"a": "passed"}
    assert outcomes(folder, analysis("ynnnyynn", baseline="yynnyynn")) == {"a": "failed"}


def test_a_share_of_no_rows_is_not_measured(tmp_path: Path) -> None:
    """Nobody is predicted positive among the women: there is no precision."""
    precision = {"name": "a", "metric": "bias.after.DAR", "operator": "<=", "bound": 1}
    folder = evaluated(tmp_path, precision)
    assert outcomes(folder, analysis("nnnnyynn")) == {"a": "not_measured"}


def test_swapped_words(tmp_path: Path) -> None:
    flips = {"name": "a", "metric": "bias.after.flips", "operator": "<=", "bound": 0.1}
    folder = evaluated(tmp_path, flips)
    for share, outcome in ((0.1, "passed"), (0.2, "failed")):
        content = analysis("yynnyynn", swaps={"overall": {"share": share}})
        assert outcomes(folder, content) == {"a": outcome}
