"""Bias is measured before the training and after it: off costs nothing, a limit stops the run."""

import json
from collections import Counter
from typing import Any

import pytest

from tests.e2e.pipeline_process import Project, executed, states

pytestmark = pytest.mark.e2e

ON = ("bias.enabled=true", "bias.facets=[shop=north, {name: shirts, patterns: [shirt]}]")


def test_a_limit_that_holds_then_the_cache_then_one_that_stops(adopted_project: Project) -> None:
    assert "BiasDetector" not in states(adopted_project.summary())  # off costs nothing

    kept = adopted_project.run(*ON, "bias.max={DPL: 0.9}")
    assert executed(kept) == {"BiasDetector", "ModelBiasDetector"}
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


MODEL = (*ON, "bias.swaps=[[shirt, movie], [shirt, shoes]]", "bias.max={DPL: 0.9, flips: 1}")


def test_a_model_within_its_limits_then_one_that_is_beyond(adopted_project: Project) -> None:
    kept = adopted_project.run(*MODEL)
    assert "ModelBiasDetector" in executed(kept)
    found = newest(adopted_project, "analysis.json")
    assert set(found["post_training_bias_metrics"]["facets"]) == {"shop", "shirts"}
    assert set(found["pre_training_bias_metrics"]["facets"]) == {"shop", "shirts"}
    own = found["bert_aas"]
    assert own["after"]["rows"] == own["after"]["rows_of_flip_test"] > 10
    assert own["swaps"]["overall"]["rows"] == own["after"]["rows"]
    assert own["after"]["verdict"] == "every figure is within its limit (flips 1)"
    assert kept["bias"] == {
        "labels": "every figure is within its limit (DPL 0.9)",
        "predictions": "every figure is within its limit (flips 1)",
    }
    report = (adopted_project.output / "report.html").read_text()
    assert "Swapped words" in report

    assert executed(adopted_project.run(*MODEL)) == set()

    stopped = adopted_project.run(*MODEL[:-1], "bias.max={DPL: 0.9, GE: 0}", expect=4)
    state = states(stopped)
    assert (state["BiasDetector"], state["ModelBiasDetector"]) == ("cached", "failed")
    assert (state["InfraValidator"], state["Pusher"]) == ("skipped", "skipped")
    assert "the predictions differ beyond `bias.max`: GE of " in stopped["error"]
    report = (adopted_project.output / "report.html").read_text()
    assert "Swapped words" in report  # what was measured is shown, though the node failed
    assert "and at most 0 is allowed" in report
    # What was stopped is not what the next candidate is compared with.
    assert blessed(adopted_project) == {"ModelBiasDetector": 1}


def blessed(project: Project) -> dict[str, int]:
    """Count the models that each node has let in, in this project."""
    marks = (project.output / "artifacts").glob("*/blessing/*/BLESSED")
    return dict(Counter(mark.parts[-4] for mark in marks))


def newest(project: Project, name: str) -> dict[str, Any]:
    """Read the newest file of ModelBiasDetector."""
    paths = (project.output / "artifacts" / "ModelBiasDetector").rglob(name)
    content: dict[str, Any] = json.loads(
        max(paths, key=lambda path: path.stat().st_mtime).read_text()
    )
    return content
