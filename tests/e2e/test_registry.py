"""A run registers its model, waits for an approval, and is ended by commands or by the next run."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.pipeline_process import TIMEOUT_S, Project, executed

pytestmark = pytest.mark.e2e

SETTINGS = ("registry.enabled=true", "registry.four_eyes=true", "push.requires_approval=true")
WORSE = ("evaluate.threshold=0.999", "evaluate.otherwise=register_rejected")


def models(project: Project, *arguments: str, expect: int = 0) -> str:
    """Call `bert-aas models` on the project's registry."""
    place = ("--registry", str(project.output))
    process = project.command("models", *arguments, *place, BERT_AAS_USER="ann")
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
        " 'run': client.get_run(one.run_id).data.metrics} for one in found]))"
    )
    url = f"sqlite:///{project.output}/registry.db"
    command = [sys.executable, "-I", "-c", code, url]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=project.output, timeout=TIMEOUT_S
    )
    return sorted(json.loads(done.stdout), key=lambda one: int(one["version"]))


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

    found = seen_by_mlflow(project)
    assert [one["tags"]["approval_status"] for one in found] == ["Approved", "Rejected"]
    assert [one["aliases"] for one in found] == [["champion"], []]
    assert "is below the threshold 0.999" in json.dumps(found[1]["tags"])
    assert found[0]["run"]["accuracy"] == pytest.approx(run["metrics"]["accuracy"])
    assert any(name.startswith("epoch/") for name in found[0]["run"])
    tags = found[0]["tags"]
    for fact in ("encoder_fingerprint", "code_fingerprint", "data_fingerprint", "schema_sha256"):
        assert tags[fact]
    evidence = json.loads(tags["evidence"])
    assert {"evaluation/conditions.json", "packages.json", "sample_payload.json"} <= set(evidence)
    assert "Registry" in (project.output / "report.html").read_text(encoding="utf-8")
