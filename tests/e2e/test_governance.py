"""The lineage and the papers of a model that was really trained, by commands of their own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from huggingface_hub import ModelCard

from tests.e2e.pipeline_process import ROOT, TIMEOUT_S, Project, executed
from tests.signing_keys import write_keys

pytestmark = pytest.mark.e2e


def command(*arguments: str) -> str:
    """Run `bert-aas` in a process of its own and return what it printed."""
    program = "import sys; from pipeline.cli import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_pushed_model_is_explained(adopted_project: Project) -> None:
    version = Path(adopted_project.summary()["pushed_model"])
    cards = version.parent / "cards" / version.name
    page = (cards / "model_card.html").read_text()
    assert page.count("<svg") >= 4
    assert "script" not in page.replace("description", "")
    markdown = (cards / "model_card.md").read_text()
    assert "- **Intended use:** not stated" in markdown
    assert "| negative |" in markdown
    assert "cannot be read" not in markdown

    bill = (cards / "bom.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None
    assert command("sbom", str(version)) == bill

    found = json.loads(command("lineage", str(version), "--format", "json"))
    types = [thing["type"] for thing in found["things"]]
    assert types[0] == "DataFile"
    assert len(found["things"][0]["sha256"]) == 64
    assert types[-1] == "Deployment"
    assert found["things"][-1]["uri"] == str(version)

    header: Any = ModelCard(command("card", str(version), "--format", "huggingface")).data
    accuracy = next(one for one in header.eval_results if one.metric_type == "accuracy")
    measured = adopted_project.summary()["metrics"]["accuracy"]
    assert accuracy.metric_value == pytest.approx(measured)


def test_a_run_signs_what_it_pushes(adopted_project: Project, tmp_path: Path) -> None:
    keys = write_keys(tmp_path)
    run = adopted_project.run(f"push.sign_key={keys.private}")
    assert executed(run) == {"Pusher"}
    version = Path(run["pushed_model"])
    assert command("verify", str(version), "--key", str(keys.public)).startswith(str(version))
    assert executed(adopted_project.run(f"push.sign_key={keys.private}")) == set()
