"""Conditions and behavioural tests of a real run: blessed, refused, and the command for that."""

import json
import sys

import pytest

from tests.e2e.pipeline_process import TIMEOUT_S, Project, executed, states

pytestmark = pytest.mark.e2e

TESTS = (
    "tests=[{name: praise, kind: right, rows: [{text: 'the {thing}, abcd, is very good.', "
    "label: positive}], words: {thing: [shirt, movie]}, min_share: 0}]"
)
MET = (
    "evaluate.conditions=["
    "{name: shops, metric: accuracy, slice: 'shop=*', bound: 0.01}, "
    "{name: classes, metric: rows, class: '*', bound: 1}, "
    "{name: quick, metric: latency_ms, operator: '<=', bound: 60000}, "
    "{name: small, metric: model_size_mb, operator: '<=', bound: 1000}, "
    "{name: balanced, metric: bias.before.CI, operator: '<=', bound: 1}]"
)
NOT_MET = "evaluate.conditions=[{name: tiny, metric: model_size_mb, operator: '<', bound: 0.001}]"
BIAS = ("bias.enabled=true", "bias.facets=[shop=north]")
TELL = "import os, sys; print(*(os.environ['BERT_AAS_' + n] for n in sys.argv[1:])); sys.exit(9)"


def test_met_then_not_met(adopted_project: Project) -> None:
    blessed = adopted_project.run(*BIAS, TESTS, MET)
    assert executed(blessed) >= {"BiasDetector", "Evaluator"}
    assert {one["outcome"] for one in blessed["conditions"]} == {"passed"}
    assert [(one["name"], one["rows"]) for one in blessed["tests"]] == [("praise", 2)]
    assert "6 of 6 other conditions hold" in blessed["reason"]
    (path,) = (adopted_project.output / "artifacts" / "Evaluator").rglob("evaluation.json")
    found = json.loads(path.read_text())
    assert found["metrics"]["accuracy"]["value"] == blessed["metrics"]["accuracy"]
    assert set(found["multiclass_classification_metrics"]["confusion_matrix"]) == {
        *("negative", "positive"),
    }
    assert "otherwise" not in blessed

    command = json.dumps([sys.executable, "-c", TELL, "RUN_ID", "FAILED_CONDITIONS"])
    otherwise = ("evaluate.otherwise=command", f"evaluate.command={command}")
    refused = adopted_project.run(NOT_MET, *otherwise, expect=3)
    assert states(refused)["Pusher"] in {"executed", "cached"}
    assert refused["pushed_model"] is None
    assert "'tiny' (model_size_mb " in refused["reason"]
    assert refused["otherwise"]["sentence"] == "the command ended with exit code 9"
    assert adopted_project.log_tail().count(f"{refused['run_id']} tiny") == 1
    report = (adopted_project.output / "report.html").read_text()
    assert "Not met: tiny." in report


UNFAIR = (
    "evaluate.conditions=[{name: fair, metric: bias.after.GE, operator: '<=', bound: 0}, "
    "{name: as good, metric: accuracy, bound: baseline, allowed: 1}]"
)


def test_a_condition_on_the_bias_of_the_model(adopted_project: Project) -> None:
    """It is decided after the Evaluator, and has the same branch and the same places."""
    command = json.dumps([sys.executable, "-c", TELL, "RUN_ID", "FAILED_CONDITIONS"])
    told = ("evaluate.otherwise=command", f"evaluate.command={command}")
    refused = adopted_project.run(*BIAS, UNFAIR, *told, expect=3)
    # The story before may have left BiasDetector's figures.
    assert executed(refused) - {"BiasDetector"} == {"Evaluator", "ModelBiasDetector", "Pusher"}
    (fair,) = (one for one in refused["conditions"] if one["name"] == "fair")
    assert (fair["outcome"], fair["bound"]) == ("failed", 0)
    assert fair["measured"] > 0
    assert (refused["status"], refused["blessed"]) == ("not_blessed", False)
    assert refused["reason"].startswith("not blessed: accuracy ")
    assert "'fair' (bias.after.GE of shop=north" in refused["reason"]
    assert refused["pushed_model"] is None
    assert refused["otherwise"]["sentence"] == "the command ended with exit code 9"
    assert adopted_project.log_tail().count(f"{refused['run_id']} fair") == 1
    assert "Not met: fair." in (adopted_project.output / "report.html").read_text()

    registering = ("registry.enabled=true", "evaluate.otherwise=register_rejected")
    registered = adopted_project.run(*BIAS, UNFAIR, *registering, expect=3)
    assert executed(registered) == {"Registrar", "Pusher"}
    assert registered["conditions"] == refused["conditions"]
    place = ("--registry", str(adopted_project.output), "--json")
    process = adopted_project.command("models", "show", "toy", "1", *place)
    printed, _ = process.communicate(timeout=TIMEOUT_S)
    version = json.loads(printed)
    assert version["status"] == "Rejected"
    assert [one["measured"] for one in version["conditions"] if one["name"] == "fair"] == [
        fair["measured"]
    ]
    assert "'fair' (bias.after.GE" in json.dumps(version["decisions"])


def test_a_class_that_the_data_do_not_have_is_refused_before_the_run(
    adopted_project: Project,
) -> None:
    wrong = "evaluate.conditions=[{name: it, metric: recall, class: neutral, bound: 0.1}]"
    process = adopted_project.start(wrong)
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert printed.decode().splitlines() == [
        "Error: `evaluate.conditions`: the condition 'it' names the class 'neutral', which the "
        "data do not have; their classes are negative, positive"
    ]
