"""Every node runs in a process of its own, as orchestrators run them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.pipeline_process import ROOT, Project

pytestmark = pytest.mark.e2e

RUN_ID = "nodes-alone"
TRAINING_CODE = (
    "models.training.run",
    "models.training.fitting",
    "models.training.classifier",
    "models.preprocessing",
)
NODE_PROCESS = """
import json, sys
from pipeline.cli import main
code = main(sys.argv[1:])
print(json.dumps([name for name in sys.modules if name.startswith(("models.", "tensorflow"))]))
sys.exit(code)
"""


def run_node(ir: Path, node_id: str) -> tuple[str, list[str]]:
    """Run one node; return what it printed, and which modules of interest it imported."""
    arguments = ["node", "--ir", str(ir), "--node", node_id, "--run-id", RUN_ID]
    command = [sys.executable, "-c", NODE_PROCESS, *arguments]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr[-3000:]
    *printed, modules = process.stdout.strip().splitlines()
    return printed[-1], json.loads(modules)


def without_cache(ir: Path, node_ids: set[str]) -> list[str]:
    """Forbid some nodes the cache; return the ids of all nodes."""
    compiled = json.loads(ir.read_text())
    nodes = [node["pipelineNode"] for node in compiled["ir"]["nodes"]]
    for node in nodes:
        if node["nodeInfo"]["id"] in node_ids:
            node["executionOptions"] = {"cachingOptions": {"enableCache": False}}
    ir.write_text(json.dumps(compiled))
    return [node["nodeInfo"]["id"] for node in nodes]


def test_evaluator_and_pusher_without_the_training_code(
    adopted_project: Project, tmp_path: Path
) -> None:
    before = adopted_project.versions()
    ir = Path(shutil.copy(adopted_project.output / "pipeline.json", tmp_path))
    verdict = {"Evaluator", "InfraValidator", "Pusher"}

    for node_id in without_cache(ir, verdict):
        printed, modules = run_node(ir, node_id)

        expected = "executed" if node_id in verdict else "cached"
        assert printed.startswith(f"{node_id}: {expected}")
        if node_id in verdict:
            assert not set(modules) & set(TRAINING_CODE)
        else:
            assert "tensorflow" not in modules

    assert len(adopted_project.versions()) == len(before) + 1
