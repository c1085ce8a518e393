"""A run explains its model on request: off costs nothing, and the cache holds what was found."""

import json

import pytest

from tests.e2e.pipeline_process import Project, executed, states

pytestmark = pytest.mark.e2e

ON = ("explain.enabled=true", "explain.rows=30", "explain.steps=8", "explain.min_rows=3")


def test_a_run_that_explains_then_the_cache(adopted_project: Project) -> None:
    before = adopted_project.summary()
    assert "Explainer" not in states(before)  # off costs nothing
    assert before.get("explanations") is None

    summary = adopted_project.run(*ON)
    assert executed(summary) == {"Explainer"}
    assert summary["status"] == "succeeded"
    told = summary["explanations"]
    (path,) = (adopted_project.output / "artifacts" / "Explainer").rglob("explanations.json")
    content = json.loads(path.read_text())
    assert (told["verdict"], told["rows"]) == (content["verdict"], content["rows"])
    assert set(told["top_words"]) == {"positive", "negative"}
    assert content["rows"] == min(30, sum(content["seen"].values()))
    assert {(one["column"], one["value"]) for one in content["by_slice"]} == {
        ("shop", "north"),
        ("shop", "south"),
    }
    clarify = json.loads(path.with_name("analysis.json").read_text())["explanations"]["kernel_shap"]
    assert {"global_shap_values", "global_top_shap_text", "expected_value"} == set(
        next(iter(clarify.values()))
    )
    report = (adopted_project.output / "report.html").read_text()
    assert '<section id="explanations"' in report
    assert "Predicted: " in report

    again = adopted_project.run(*ON)
    assert executed(again) == set()
    assert again["explanations"] == told
