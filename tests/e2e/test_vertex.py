"""A job for Vertex AI, step by step, each with its own command in a process of its own."""

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import new_project
from tests.e2e.vertex_steps import VertexJob

pytestmark = pytest.mark.e2e

pytest.importorskip("kfp.pipeline_spec", reason="kfp is not installed")

BUCKET = "gs://shop"


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> VertexJob:
    """A job whose bucket is a folder with the reviews."""
    project = new_project(tmp_path_factory)
    folder = tmp_path_factory.mktemp("bucket")
    (folder / "reviews.csv").write_bytes(project.config.with_name("reviews.csv").read_bytes())
    path = folder / "job.json"
    process = project.command(
        *("compile", "--runner", "vertex", "--config", str(project.config)),
        *("--output", str(path), "--output-dir", f"{BUCKET}/toy"),
        f"--set=data.path={BUCKET}/reviews.csv",
        "--set=vertex.image=europe-docker.pkg.dev/shop/ml/bert-aas:1",
    )
    printed, _ = process.communicate()
    assert process.returncode == 0, printed.decode()
    return VertexJob(json.loads(path.read_text())["pipelineSpec"], BUCKET, folder)


def test_every_step_runs_to_a_pushed_model(job: VertexJob) -> None:
    for task in job.tasks():
        job.run(task)

    verdict = job.artifact("Evaluator", "blessing")["metadata"]
    assert job.artifact("ExampleGen", "examples")["metadata"]["rows_train"] > 0
    assert verdict["current_model_id"].endswith("/artifacts/Optimizer-model")
    assert verdict["reason"].startswith("blessed: accuracy ")
    answered = job.artifact("InfraValidator", "blessing")["metadata"]["reason"]
    assert answered.startswith("8 rows were answered by ")
    pushed = Path(job.artifact("Pusher", "pushed_model")["metadata"]["pushed_destination"])
    optimized = Path(job.artifact("Optimizer", "model")["uri"], "Format-Serving")
    assert pushed.parent == job.folder / "toy" / "serving_model"
    assert _files(pushed) == _files(optimized)


def _files(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
