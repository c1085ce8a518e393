"""Versions are registered, approved and rejected."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bert_aas.contracts.errors import InvalidInputError, UnavailableError
from bert_aas.registry.places import registry_place
from bert_aas.registry.registry import Registry
from bert_aas.registry.statuses import APPROVED, PENDING, REJECTED
from bert_aas.registry.versions import STATUS, Training
from tests.bert_aas.registry.registries import candidate

pytestmark = [  # MLflow takes seconds to import and to open; its versions differ between the stacks
    pytest.mark.slow,
    pytest.mark.both_stacks,
]


def test_a_version_carries_what_was_given(registry: Registry, model: str, tmp_path: Path) -> None:
    (tmp_path / "evaluation.json").write_text("{}")
    given = candidate(
        tmp_path,
        model,
        metrics={"accuracy": 0.9},
        conditions=[{"name": "accuracy", "met": True}],
        parameters={"train.epochs": 2},
        facts={"git_commit": "abc"},
        files={"reports/evaluation.json": tmp_path / "evaluation.json"},
    )
    found = registry.register(given)
    assert (found.number, found.status, found.source) == (1, PENDING, given.source)
    assert (found.metrics, found.parameters) == ({"accuracy": 0.9}, {"train.epochs": 2})
    assert found.conditions == [{"name": "accuracy", "met": True}]
    assert found.facts["git_commit"] == "abc"
    first = found.decisions[0]
    assert (first.by, first.before, first.after, first.reason) == (
        "ann",
        None,
        PENDING,
        "it passed",
    )
    assert first.evidence == {**found.evidence, "model": found.content}
    assert set(found.evidence) == {"reports/evaluation.json"}


def test_the_same_model_is_registered_once(registry: Registry, model: str, tmp_path: Path) -> None:
    first = registry.register(candidate(tmp_path, model))
    again = registry.register(candidate(tmp_path, model, run="the run that goes on"))
    assert again == first
    assert len(registry.versions(model)) == 1


@pytest.mark.parametrize("other", [{"content": "other"}, {"metrics": {"accuracy": 0.5}}])
def test_another_model_and_another_judgement_are_another_version(
    registry: Registry, model: str, tmp_path: Path, other: dict[str, Any]
) -> None:
    registry.register(candidate(tmp_path, model))
    assert registry.register(candidate(tmp_path, model, **other)).number == 2


def test_what_two_processes_registered_at_once_counts_once(
    registry: Registry, model: str, tmp_path: Path
) -> None:
    given = candidate(tmp_path, model)
    first = registry.register(given)
    registry.store.create(given, "", first.entries)
    assert [one.number for one in registry.versions(model)] == [1]
    assert [one.number for one in registry.store.versions(model)] == [1]


def test_a_decision_is_kept_with_who_why_and_on_what(
    registry: Registry, model: str, tmp_path: Path
) -> None:
    made = registry.register(candidate(tmp_path, model))
    found = registry.decide(model, "1", APPROVED, "bob", "reads well")
    last = found.decisions[-1]
    assert (last.by, last.before, last.after, last.reason) == (
        "bob",
        PENDING,
        APPROVED,
        "reads well",
    )
    assert last.evidence == {"model": made.content}
    assert found.entries[STATUS] == APPROVED


def test_a_decision_that_was_made_is_not_made_again(
    registry: Registry, model: str, tmp_path: Path
) -> None:
    registry.register(candidate(tmp_path, model))
    first = registry.decide(model, "1", APPROVED, "bob", "reads well")
    assert registry.decide(model, "1", APPROVED, "bob", "reads well") == first


def test_who_started_the_run_may_not_approve_under_four_eyes(
    registry: Registry, model: str, tmp_path: Path
) -> None:
    registry.register(candidate(tmp_path, model, four_eyes=True))
    with pytest.raises(InvalidInputError, match=r"ann started the run .* somebody else must"):
        registry.decide(model, "1", APPROVED, "ann", "mine")
    assert registry.version(model).status == PENDING
    assert registry.decide(model, "1", APPROVED, "bob", "read").status == APPROVED
    assert registry.decide(model, "1", REJECTED, "ann", "no longer").status == REJECTED


def test_a_status_that_was_not_written_is_written_by_who_comes_next(
    registry: Registry, model: str, tmp_path: Path
) -> None:
    registry.register(candidate(tmp_path, model))
    registry.decide(model, "1", APPROVED, "bob", "reads well")
    registry.store.write(model, 1, STATUS, PENDING)
    registry.store.point(model, "challenger", None)
    registry.versions(model)
    (found,) = registry.store.versions(model)
    assert found.entries[STATUS] == APPROVED
    assert registry.store.aliases(model) == {"challenger": 1}


def test_a_rejection_at_the_same_time_is_told(
    registry: Registry, model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.register(candidate(tmp_path, model))
    write = registry.store.write

    def meanwhile(name: str, number: int, key: str, text: str) -> None:
        monkeypatch.setattr(registry.store, "write", write)
        write(name, number, key, text)
        other = registry.store.versions(model)[0].decisions[-1]
        rejected = other.model_copy(update={"id": "x", "after": REJECTED, "by": "eve"})
        write(name, number, rejected.key, rejected.entry())

    monkeypatch.setattr(registry.store, "write", meanwhile)
    with pytest.raises(InvalidInputError, match="is Rejected: eve decided so at the same time"):
        registry.decide(model, "1", APPROVED, "bob", "reads well")
    assert [one.by for one in registry.version(model).decisions] == ["ann", "bob", "eve"]


def test_an_unknown_model_or_version_is_refused(
    registry: Registry, model: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInputError, match="has no model"):
        registry.version(model)
    registry.register(candidate(tmp_path, model))
    with pytest.raises(InvalidInputError, match="has no version 7; its versions are 1"):
        registry.version(model, "7")


def test_a_run_in_mlflow_has_parameters_metrics_curves_and_files(
    registry: Registry, model: str, tmp_path: Path
) -> None:
    (tmp_path / "evaluation.json").write_text("{}")
    found = registry.register(
        candidate(
            tmp_path,
            model,
            metrics={"accuracy": 0.9},
            parameters={f"section.field_{place}": place for place in range(150)},
            training=Training({"loss": [2.0, 1.5, 1.0]}),
            files={
                "reports/evaluation.json": tmp_path / "evaluation.json",
                "evaluation.json": tmp_path / "evaluation.json",
            },
        )
    )
    code = (
        "import json, sys; from mlflow import MlflowClient; url, run, model = sys.argv[1:];"
        "client = MlflowClient(url, url); data = client.get_run(run).data;"
        "version = client.get_model_version(model, '1');"
        "losses = [one.value for one in client.get_metric_history(run, 'loss')];"
        "files = [one.path for one in client.list_artifacts(run)];"
        "print(json.dumps([data.metrics, len(data.params), losses, files, version.run_id,"
        " version.tags['approval_status'], version.aliases]))"
    )
    command = [sys.executable, "-I", "-c", code, registry.place.url, found.tracking_run, model]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path)
    metrics, params, losses, files, run, status, aliases = json.loads(done.stdout)
    assert metrics == {"accuracy": 0.9, "loss": 1.0}
    assert (params, losses) == (150, [2.0, 1.5, 1.0])
    assert files == ["evaluation.json", "reports"]
    assert (run, status, aliases) == (found.tracking_run, PENDING, ["challenger"])


def test_a_server_that_is_away_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    away = Registry(registry_place("http://127.0.0.1:9"))
    with pytest.raises(UnavailableError, match="cannot be used now: connection refused; what was"):
        away.register(candidate(tmp_path, "demo"))
    assert not caplog.records
