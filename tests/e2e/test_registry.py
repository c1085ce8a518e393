"""A run registers its model, waits for an approval, and is ended by commands or by the next run."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from pipeline.config.layout import output_layout
from pipeline.metadata.records import read_run
from pipeline.metadata.store import connection_config
from tests.e2e.pipeline_process import TIMEOUT_S, Project, executed
from tests.serving.client.processes import running_server, wait_for

pytestmark = pytest.mark.e2e

SETTINGS = ("registry.enabled=true", "registry.four_eyes=true", "push.requires_approval=true")
WORSE = ("evaluate.threshold=0.999", "evaluate.otherwise=register_rejected")


def models(project: Project, *arguments: str, expect: int = 0) -> str:
    """Call `bert-aas models` on the project's registry."""
    process = project.command("models", *arguments, *place(project), BERT_AAS_USER="ann")
    printed, _ = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == expect, printed.decode()
    return printed.decode()


def seen_by_mlflow(project: Project) -> list[dict[str, Any]]:
    """Ask a plain client in a process that has none of our code."""
    code = (
        "import json, sys; from mlflow import MlflowClient;"
        "client = MlflowClient(sys.argv[1], sys.argv[1]);"
        "found = client.search_model_versions(\"name='toy'\");"
        "print(json.dumps([{'version': one.version, 'tags': one.tags,"
        " 'aliases': client.get_model_version('toy', one.version).aliases,"
        " 'card': [each.path for each in client.list_artifacts(one.run_id, 'card')],"
        " 'run': client.get_run(one.run_id).data.metrics} for one in found]))"
    )
    url = f"sqlite:///{project.output}/registry.db"
    command = [sys.executable, "-I", "-c", code, url]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=project.output, timeout=TIMEOUT_S
    )
    return sorted(json.loads(done.stdout), key=lambda one: int(one["version"]))


def history_of(project: Project, run_id: str) -> dict[str, Any]:
    """What the Trainer wrote; an adopted project has it from the project that it adopted."""
    connection = connection_config(None, output_layout(str(project.output)))
    made = read_run(connection, run_id)["Trainer"].output("model_run")
    assert made is not None
    content: dict[str, Any] = json.loads(Path(made.uri, "history.json").read_text(encoding="utf-8"))
    return content


def pushed(project: Project) -> list[Path]:
    folder = project.output / "serving_model"
    return sorted(path for path in folder.glob("*") if path.name.isdecimal())


def test_a_model_goes_its_way(adopted_project: Project) -> None:
    project = adopted_project
    before = pushed(project)

    run = project.run(*SETTINGS)
    assert executed(run) == {"Registrar", "Pusher"}
    assert run["status"] == "waiting_for_approval"
    assert (run["registered"]["version"], run["registered"]["status"]) == (
        1,
        "PendingManualApproval",
    )
    assert pushed(project) == before

    assert "so it is not deployed" in models(project, "deploy", "toy", "1", expect=2)
    starter = seen_by_mlflow(project)[0]["tags"]["started_by"]
    refused = models(project, "approve", "toy", "1", "--by", starter, "--reason", "x", expect=2)
    assert "somebody else must approve it" in refused
    assert pushed(project) == before

    models(project, "approve", "toy", "1", "--by", "bob", "--reason", "reads well")
    ended = project.run(*SETTINGS)
    assert (ended["status"], executed(ended)) == ("succeeded", {"Pusher"})
    (first,) = set(pushed(project)) - set(before)
    assert ended["pushed_model"] == str(first)
    assert str(first) in models(project, "deploy", "toy", "1")
    assert len(pushed(project)) == len(before) + 1

    worse = project.run(*SETTINGS, *WORSE, expect=3)
    assert worse["registered"]["status"] == "Rejected"
    assert len(pushed(project)) == len(before) + 1
    assert "is below the threshold 0.999" in models(project, "deploy", "toy", "2", expect=2)

    found = seen_by_mlflow(project)
    assert [one["tags"]["approval_status"] for one in found] == ["Approved", "Rejected"]
    assert [one["aliases"] for one in found] == [["champion"], []]
    assert "is below the threshold 0.999" in json.dumps(found[1]["tags"])
    assert found[0]["run"]["accuracy"] == pytest.approx(run["metrics"]["accuracy"])
    assert any(name.startswith("epoch/") for name in found[0]["run"])
    tags = found[0]["tags"]
    assert "card/model_card.html" in found[0]["card"]
    assert {"evidence.card/model_card.md", "evidence.card/bom.cdx.json"} <= set(tags)
    for fact in ("encoder_fingerprint", "code_fingerprint", "data_fingerprint", "schema_sha256"):
        assert tags[fact]
    trained = history_of(project, run["run_id"])["training"]
    assert set(trained) == {"trained_at", "training_seconds", "machine"}
    assert {name: tags[name] for name in trained} == {k: str(v) for k, v in trained.items()}
    evidence = json.loads(tags["evidence"])
    assert {"evaluation/conditions.json", "packages.json", "sample_payload.json"} <= set(evidence)
    assert "Registry" in (project.output / "report.html").read_text(encoding="utf-8")
    a_rollback_restores_what_was_served(project, first)


def a_rollback_restores_what_was_served(project: Project, first: Path) -> None:
    """A server sees version 1, then 2, which a person wanted nevertheless, then 1 again."""
    (payload, *_) = project.output.glob("registry_files/toy/*/artifacts/sample_payload.json")
    flags = (f"--model_base_path={first.parent}", "--model_name=toy")
    with running_server(*flags, "--file_system_poll_wait_seconds=1") as server:
        answered = predict(server.url, payload.read_bytes())
        assert len(answered) == 2
        models(project, "approve", "toy", "2", "--by", "bob", "--reason", "a trial")
        models(project, "deploy", "toy", "2", "--by", "cara")
        models(project, "rollback", "toy", "--by", "dan")
        newest = max(pushed(project), key=lambda path: int(path.name))
        wait_for(lambda: newest.name in served(server.url))
        assert predict(server.url, payload.read_bytes()) == answered
    assert [one["aliases"] for one in seen_by_mlflow(project)] == [["champion"], ["challenger"]]
    process = project.command(
        "lineage", "models:/toy@champion", "--format", "json", *place(project)
    )
    found = json.loads(process.communicate(timeout=TIMEOUT_S)[0])
    deployed = {one["uri"]: one["details"] for one in found["things"] if one["details"]}
    assert [one["by"] for one in deployed.values()][1:] == ["cara", "dan"]
    assert [bool(one["until"]) for one in deployed.values()] == [True, True, False]
    assert list(deployed) == [str(first), *map(str, sorted(pushed(project))[-2:])]


def place(project: Project) -> tuple[str, ...]:
    return "--registry", str(project.output)


def predict(url: str, payload: bytes) -> list[Any]:
    request = urllib.request.Request(f"{url}/v1/models/toy:predict", payload)  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - a server of the test
        found: list[Any] = json.load(answer)["predictions"]
    return found


def served(url: str) -> list[str]:
    with urllib.request.urlopen(f"{url}/v1/models/toy") as answer:  # noqa: S310 - as above
        states = json.load(answer)["model_version_status"]
    return [one["version"] for one in states if one["state"] == "AVAILABLE"]
