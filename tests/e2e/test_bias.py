"""Bias is measured before the training: off costs nothing, a limit stops the run."""

import json

import pytest

from tests.e2e.pipeline_process import Project, executed, states

pytestmark = pytest.mark.e2e

ON = ("bias.enabled=true", "bias.facets=[shop=north, {name: shirts, patterns: [shirt]}]")


def test_a_limit_that_holds_then_the_cache_then_one_that_stops(adopted_project: Project) -> None:
    assert "BiasDetector" not in states(adopted_project.summary())  # off costs nothing

    kept = adopted_project.run(*ON, "bias.max={DPL: 0.9}")
    assert executed(kept) == {"BiasDetector"}
    assert kept["status"] == "succeeded"
    (path,) = (adopted_project.output / "artifacts" / "BiasDetector").rglob("analysis.json")
    found = json.loads(path.read_text())
    assert set(found["pre_training_bias_metrics"]["facets"]) == {"shop", "shirts"}
    assert found["bert_aas"]["verdict"] == "every figure is within its limit (DPL 0.9)"
    report = (adopted_project.output / "report.html").read_text()
    assert "every figure is within its limit (DPL 0.9)" in report

    assert executed(adopted_project.run(*ON, "bias.max={DPL: 0.9}")) == set()

    stopped = adopted_project.run(*ON, "bias.max={CI: 0}", expect=4)
    state = states(stopped)
    assert (state["BiasDetector"], state["Transform"], state["Pusher"]) == (
        "failed",
        "skipped",
        "skipped",
    )
    assert "the labels differ beyond `bias.max`: CI of " in stopped["error"]
    assert "and at most 0 is allowed" in stopped["error"]
    assert "at most 0 is allowed" in (adopted_project.output / "report.html").read_text()
