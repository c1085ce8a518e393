"""The notebook's pipeline in a folder that `bert-aas run` has filled."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline.runners.notebook import NotebookError, open_pipeline
from pipeline.runners.notebook.server import serve
from pipeline.runners.notebook.views import show_contributions, show_mistakes, show_tokens
from tests.e2e.pipeline_process import Project

pytestmark = pytest.mark.e2e

NODES = [
    "ExampleGen",
    "StatisticsGen",
    "SchemaGen",
    "ExampleValidator",
    "Transform",
    "Trainer",
    "Optimizer",
    "Resolver",
    "Evaluator",
    "InfraValidator",
    "Pusher",
]


@pytest.fixture(scope="module")
def first_run(adopted_project: Project) -> dict[str, Any]:
    """What `bert-aas run` wrote into run.json."""
    return adopted_project.summary()


@pytest.fixture
def ran(adopted_project: Project, first_run: dict[str, Any]) -> Project:
    """The project that it has filled."""
    assert first_run["pushed_model"]
    return adopted_project


def opened(project: Project, **given: Any) -> Any:
    return open_pipeline(project.config, output_dir=str(project.output), **given)


def states(pipeline: Any) -> dict[str, str]:
    return {node["id"]: node["state"] for node in pipeline.summary()["nodes"]}


def test_a_run_of_the_command_line_is_restored(
    ran: Project, first_run: dict[str, Any], finished_project: Project
) -> None:
    pipeline = opened(ran)
    pipeline.restore(finished_project.summary()["run_id"])
    assert states(pipeline) == {name: "executed" for name in NODES}
    shown = pipeline.restore(first_run["run_id"])
    assert states(pipeline) == {name: "cached" for name in NODES} | {"Pusher": "executed"}
    assert pipeline.summary()["metrics"] == first_run["metrics"]
    assert str(pipeline.pushed_models) == str(ran.output / "serving_model")
    assert "other values" not in shown.body
    assert Path(pipeline.artifact("Trainer", "model"), "Format-Serving").is_dir()
    assert pipeline.context.pipeline_root == str(ran.output / "artifacts")
    (model,) = pipeline.components["Trainer"].outputs["model"].get()
    assert model.uri == pipeline.artifact("Trainer", "model")
    assert model.type_name == "Model"
    pipeline.new_run()
    assert not list(pipeline.components["Trainer"].outputs["model"].get())
    with pytest.raises(NotebookError, match="pushed nothing: the Pusher did not run"):
        _ = pipeline.pushed_models
    pipeline.restore(first_run["run_id"])
    again = pipeline.run("Pusher")  # it is there: nothing runs
    assert pipeline.run_id == first_run["run_id"]
    assert "Pusher" in again.body
    assert "<svg" in pipeline.show("evaluation").body


def test_nodes_one_by_one_up_to_one_and_with_other_values(ran: Project) -> None:
    pipeline = opened(ran)
    with pytest.raises(NotebookError, match=r"StatisticsGen needs ExampleGen, .*run_to\('Stat"):
        pipeline.run("StatisticsGen")
    pipeline.run("ExampleGen")
    pipeline.run("StatisticsGen")
    first = pipeline.run_id
    assert states(pipeline)["StatisticsGen"] == "cached"
    pipeline.run_to("Trainer")
    assert pipeline.run_id == first
    assert states(pipeline)["Trainer"] == "cached"
    assert states(pipeline)["Evaluator"] == "skipped"

    pipeline.configure({"threshold": 1.0}, ["evaluate.max_drop=0.5"])
    assert pipeline.run_id != first
    pipeline.run_to("Evaluator")
    assert states(pipeline)["Trainer"] == "cached"
    assert states(pipeline)["Evaluator"] == "executed"
    assert "below the threshold 1," in pipeline.summary()["reason"]
    with pytest.raises(NotebookError, match=r"pushed nothing: .*threshold"):
        _ = pipeline.pushed_models

    second = pipeline.run_id
    pipeline.run("Evaluator", use_cache=False)
    assert pipeline.run_id != second
    assert states(pipeline)["Trainer"] == "cached"
    assert states(pipeline)["Evaluator"] == "executed"

    latest = opened(ran)
    latest.restore()
    assert latest.run_id == pipeline.run_id
    marked = latest.restore(second)
    assert marked.body.count("other values") == 1  # the Evaluator's threshold


def test_report_and_summary_are_those_of_a_run(ran: Project) -> None:
    pipeline = opened(ran)
    pipeline.run_all()
    run = json.loads((ran.output / "run.json").read_text())
    assert run["run_id"] == pipeline.run_id
    assert {node["id"] for node in run["nodes"] if node["state"] == "cached"} >= set(NODES[:6])
    assert pipeline.run_id in (ran.output / "report.html").read_text()
    assert str(ran.output) in pipeline.command()
    assert str(ran.config) in pipeline.command()


def test_what_cannot_be_done_is_said(ran: Project) -> None:
    with pytest.raises(NotebookError, match="'rounds' is not a run parameter"):
        opened(ran, parameters={"rounds": 2})
    with pytest.raises(NotebookError, match=r"give a list: \['train.epochs=1'\]"):
        opened(ran, settings="train.epochs=1")
    with pytest.raises(NotebookError, match=r"nowhere\.csv"):
        opened(ran, parameters={"data_path": "nowhere.csv"})
    with pytest.raises(NotebookError, match="a run on this machine needs a folder on this machine"):
        open_pipeline(ran.config, output_dir="gs://bucket/folder")

    pipeline = opened(ran)
    with pytest.raises(NotebookError, match="no node 'Tuner'; its nodes are ExampleGen"):
        pipeline.run("Tuner")
    with pytest.raises(NotebookError, match="no run 'yesterday' of toy; the latest are"):
        pipeline.restore("yesterday")
    with pytest.raises(NotebookError, match="another pipeline to write elsewhere"):
        pipeline.configure({"output_dir": "elsewhere"})
    with pytest.raises(NotebookError, match="no section 'metrics'; these are graph, verdict"):
        pipeline.show("metrics")
    with pytest.raises(NotebookError, match="Trainer has no output 'model' in this run"):
        pipeline.artifact("Trainer", "model")


def test_a_failed_node_says_why_and_runs_again(ran: Project, tmp_path: Path) -> None:
    data = tmp_path / "reviews.csv"
    shutil.copy(ran.config.parent / "reviews.csv", data)
    pipeline = opened(ran, parameters={"data_path": str(data)})
    text = data.read_text()
    data.unlink()
    with pytest.raises(NotebookError):
        pipeline.run("ExampleGen")
    assert states(pipeline)["ExampleGen"] == "failed"
    assert pipeline.summary()["status"] == "failed"
    assert "badge failed" in pipeline.show("graph").body
    with pytest.raises(NotebookError):
        pipeline.run_all()
    assert json.loads((ran.output / "run.json").read_text())["run_id"] == pipeline.run_id
    data.write_text(text)
    pipeline.run("ExampleGen")
    assert states(pipeline)["ExampleGen"] in {"cached", "executed"}


def test_components_run_in_the_context_of_tfx(ran: Project) -> None:
    pipeline = opened(ran)
    done = pipeline.context.run(pipeline.components["ExampleGen"])
    assert done.execution_id > 0
    (examples,) = done.component.outputs["examples"].get()
    assert examples.uri == pipeline.artifact("ExampleGen", "examples")
    pipeline.run("StatisticsGen")  # the pipeline knows what its context ran
    with pytest.raises(ValueError, match="start a new run to run it again"):
        pipeline.context.run(pipeline.components["ExampleGen"], enable_cache=False)
    with pytest.raises(ValueError, match="is not a component of this pipeline"):
        pipeline.context.run(opened(ran).components["ExampleGen"])
    with pytest.raises(ValueError, match="belong to the configuration"):
        pipeline.context.run(pipeline.components["SchemaGen"], beam_pipeline_args=["--x"])


def test_pictures_of_single_texts(ran: Project, first_run: dict[str, Any]) -> None:
    pipeline = opened(ran)
    with pytest.raises(
        NotebookError, match="ExampleGen has no output 'examples' in this run; it has"
    ):
        show_mistakes(pipeline)
    pipeline.restore(first_run["run_id"])
    assert "##" in show_tokens(pipeline, ["The shirts fitted."]).body
    assert "test split" in show_mistakes(pipeline, limit=2).body
    assert "shoes" in show_contributions(pipeline, ["I love the shoes"]).body


def test_the_pushed_model_is_served_over_both_protocols(ran: Project) -> None:
    texts = ["the shirt is very good", "the shoes are bad"]
    with serve(ran.output / "serving_model", name="toy") as server:
        with server.rest() as rest, server.grpc() as grpc:
            over_rest = [(p.label, round(p.probability, 5)) for p in rest.classify_texts(texts)]
            over_grpc = [(p.label, round(p.probability, 5)) for p in grpc.classify_texts(texts)]
        assert over_rest == over_grpc
        assert server.rest_url in repr(server)
    with server.rest() as rest:
        assert not rest.is_ready()


def test_there_must_be_a_model_to_serve(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match="is not a folder; the Pusher makes it"):
        serve(tmp_path / "serving_model")
    with pytest.raises(NotebookError, match="is not ready after 2 s"):
        serve(tmp_path, timeout_s=2)
