"""The end of a run: `run.json`, and the lines at the terminal."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from components.evaluator import results
from components.evaluator.results import MetricValue
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.console.terminal import PlainConsole
from pipeline.metadata.records import ArtifactRecord, NodeRecord
from pipeline.nodes.node import NodeResult
from pipeline.runs.outcome import RunOutcome
from pipeline.runs.summary import EXIT_CODES, error_sentence, print_summary, summarize, write_json

pytestmark = pytest.mark.slow  # TFX takes many seconds to import

NODES = ["Trainer", "Evaluator", "InfraValidator", "Pusher"]
REASON = "accuracy 0.9000 reaches the threshold 0.6"
CONFIG = PipelineConfig.model_validate({"data": {"path": "rows.csv"}})
REPORT = "/out/report.html"


def record(node_id: str, key: str, **properties: Any) -> NodeRecord:
    artifact = ArtifactRecord(1, "Thing", f"/{node_id}", properties)
    return NodeRecord(node_id, "executed", outputs={key: [artifact]})


def records(*, blessed: bool, infra_blessed: bool = True) -> dict[str, NodeRecord]:
    evaluator = record("Evaluator", "blessing", blessed=int(blessed), reason=REASON)
    evaluator.outputs["evaluation"] = [ArtifactRecord(2, "ModelEvaluation", "/evaluation", {})]
    pushed = "/models/17" if blessed and infra_blessed else ""
    return {
        "Evaluator": evaluator,
        "InfraValidator": record(
            "InfraValidator", "blessing", blessed=int(infra_blessed), reason="8 rows [0] answered"
        ),
        "Pusher": record("Pusher", "pushed_model", pushed_destination=pushed),
    }


def finished(error: Exception | None = None) -> RunOutcome:
    states = ["executed"] if error else ["cached", "executed", "executed", "executed"]
    nodes = [NodeResult(name, state, 1.234) for name, state in zip(NODES, states, strict=False)]
    if error:
        nodes.append(NodeResult("Evaluator", "failed", 2))
    return RunOutcome("r1", nodes, error)


@pytest.fixture(autouse=True)
def _metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for TFMA's files."""
    nan = float("nan")
    accuracy = MetricValue("accuracy", None, "", 0.9, nan, nan, is_baseline=False)
    monkeypatch.setattr(results, "read_metrics", lambda uri: [accuracy])


def printed(summary: dict[str, Any]) -> str:
    console = PlainConsole(file=io.StringIO(), width=100)
    print_summary(summary, CONFIG, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_run_that_succeeded() -> None:
    summary = summarize(finished(), NODES, records(blessed=True), REPORT)
    assert (summary["status"], summary["run_id"], summary["error"]) == ("succeeded", "r1", None)
    assert (summary["blessed"], summary["infra_blessed"]) == (True, True)
    assert (summary["reason"], summary["pushed_model"]) == (REASON, "/models/17")
    assert summary["metrics"]["accuracy"] == 0.9
    assert {"balanced_accuracy", "weighted_precision", "weighted_f1"} < set(summary["metrics"])
    assert summary["nodes"][0] == {"id": "Trainer", "state": "cached", "seconds": 1.23}
    assert summary["report"] == REPORT
    assert EXIT_CODES[summary["status"]] == 0


@pytest.mark.parametrize("verdict", [(False, True), (True, False)])
def test_a_model_that_was_not_blessed(verdict: tuple[bool, bool]) -> None:
    found = records(blessed=verdict[0], infra_blessed=verdict[1])
    summary = summarize(finished(), NODES, found, REPORT)
    assert (summary["status"], summary["pushed_model"]) == ("not_blessed", None)
    assert (summary["blessed"], summary["infra_blessed"]) == verdict
    assert EXIT_CODES[summary["status"]] == 3


def test_a_run_that_failed() -> None:
    trained = {"Trainer": record("Trainer", "model")}
    summary = summarize(finished(OSError("disk\nfull")), NODES, trained, REPORT)
    assert (summary["status"], summary["error"]) == ("failed", "OSError: disk full")
    states = [node["state"] for node in summary["nodes"]]
    assert states == ["executed", "failed", "skipped", "skipped"]
    assert (summary["blessed"], summary["metrics"]) == (False, {})
    assert EXIT_CODES[summary["status"]] == 1


def test_a_node_that_failed_in_another_process_fails_the_run() -> None:
    run = RunOutcome("r1", [NodeResult("Trainer", "failed", 2)])
    assert summarize(run, NODES, {}, REPORT)["status"] == "failed"


def test_a_failed_evaluation_has_no_metrics() -> None:
    failed = records(blessed=True)["Evaluator"]
    found = {"Evaluator": NodeRecord("Evaluator", "failed", outputs=failed.outputs)}
    summary = summarize(finished(OSError("x")), NODES, found, REPORT)
    assert (summary["blessed"], summary["reason"], summary["metrics"]) == (False, "", {})


def test_run_json_is_json_even_where_a_metric_is_no_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "read_metrics", lambda uri: [])
    summary = summarize(finished(), NODES, records(blessed=False), REPORT)
    path = tmp_path / "new" / "run.json"
    write_json(summary, path)

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    content = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    assert content["metrics"]["accuracy"] is None
    assert [entry.name for entry in path.parent.iterdir()] == ["run.json"]
    line = next(line for line in printed(summary).splitlines() if line.startswith("Test split"))
    assert line == "Test split   accuracy -  macro_f1 -  macro_precision -  macro_recall -  auc -"


def test_an_error_without_a_message() -> None:
    assert error_sentence(RuntimeError()) == "RuntimeError: no message"


def test_what_is_printed_after_success() -> None:
    lines = printed(summarize(finished(), NODES, records(blessed=True), REPORT)).splitlines()
    assert lines[0].split() == ["Node", "State", "Time"]
    assert lines[1].split() == ["Trainer", "cached", "1", "s"]
    assert "Test split   accuracy 0.9000" in lines[5]
    assert f"Evaluator    {REASON}" in lines
    assert "Server test  servable: 8 rows [0] answered" in lines
    assert "Pushed       /models/17" in lines
    assert '  bert-aas predict --model-dir /models "TEXT TO CLASSIFY"' in lines
    assert "  bert-aas serve --model_base_path /models --model_name bert" in lines


def test_what_is_printed_without_a_blessing() -> None:
    text = printed(summarize(finished(), NODES, records(blessed=False), REPORT))
    assert "Pushed       nothing was pushed" in text
    assert "`evaluate.threshold` (0.6)" in text
    assert "Next:" not in text


def test_a_model_that_cannot_be_served_is_said_to_be_so() -> None:
    found = records(blessed=True, infra_blessed=False)
    text = printed(summarize(finished(), NODES, found, REPORT))
    assert "Server test  not servable: 8 rows [0] answered" in text


def test_what_is_printed_after_a_failure() -> None:
    text = printed(summarize(finished(OSError("x")), NODES, {}, REPORT))
    assert "Pushed       nothing was pushed" in text
    assert "Next:" not in text
    assert "evaluate.threshold" not in text


def test_what_limits_of_bias_led_to() -> None:
    found = {
        **records(blessed=True),
        "BiasDetector": record("BiasDetector", "analysis", verdict="within"),
        "ModelBiasDetector": record("ModelBiasDetector", "analysis", verdict=""),
    }
    assert summarize(finished(), NODES, found, REPORT)["bias"] == {"labels": "within"}
    assert summarize(finished(), NODES, records(blessed=True), REPORT)["bias"] == {}


def test_what_the_explainer_found(tmp_path: Path) -> None:
    difference = {"value": 0.4, "low": 0.3, "high": 0.5}
    words = [{"word": word} for word in "abcdef"]
    content = {
        "method": "integrated_gradients",
        "rows": 90,
        "verdict": "Faithful: [b] and more.",
        "deletion": {"verdict": "faithful", "difference": difference},
        "by_class": [{"class": "good", "stability": {"rank_correlation": 0.7}, "words": words}],
    }
    (tmp_path / "explanations.json").write_text(json.dumps(content))
    explained = [ArtifactRecord(9, "Metrics", str(tmp_path), {})]
    found = records(blessed=True)
    without = summarize(finished(), NODES, found, REPORT)
    assert without["explanations"] is None
    assert "Explainer" not in printed(without)

    found["Explainer"] = NodeRecord("Explainer", "cached", outputs={"explanations": explained})
    summary = summarize(finished(), NODES, found, REPORT)
    assert summary["explanations"]["top_words"] == {"good": list("abcde")}
    assert summary["explanations"]["stability"] == {"good": 0.7}
    assert summary["explanations"]["faithfulness"] == {"verdict": "faithful", **difference}
    assert "\nExplainer    Faithful: [b] and more.\n" in printed(summary)

    failed = NodeRecord("Explainer", "failed", outputs={"explanations": explained})
    assert (
        summarize(finished(), NODES, {**found, "Explainer": failed}, REPORT)["explanations"] is None
    )


def test_a_model_that_waits_for_its_approval_is_no_failure() -> None:
    found = records(blessed=True)
    found["Pusher"] = record("Pusher", "pushed_model", waiting_for_approval="toy 2")
    found["Registrar"] = record(
        "Registrar",
        "registration",
        registered_model="toy",
        registered_version=2,
        registered_status="PendingManualApproval",
        registry_url="sqlite:////out/registry.db",
    )
    summary = summarize(finished(), NODES, found, REPORT)
    assert summary["status"] == "waiting_for_approval"
    assert EXIT_CODES[summary["status"]] == 0
    assert summary["registered"] == {
        "model": "toy",
        "version": 2,
        "status": "PendingManualApproval",
        "registry": "sqlite:////out/registry.db",
    }
    stream = io.StringIO()
    print_summary(summary, CONFIG, PlainConsole(file=stream, width=200))
    assert "Registered   toy, version 2, as PendingManualApproval" in stream.getvalue()
    assert "models deploy toy 2 --registry sqlite:////out/registry.db" in stream.getvalue()


def test_a_run_without_a_registry_has_registered_nothing() -> None:
    assert summarize(finished(), NODES, records(blessed=True), REPORT)["registered"] is None
