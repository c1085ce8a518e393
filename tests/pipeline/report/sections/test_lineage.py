from pathlib import Path

from components.example_gen.params import DataParams
from models.params import TrainParams
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.metadata.records import ArtifactRecord, NodeRecord
from pipeline.report.sections.lineage import changed_parameters, collect_lineage
from tests.pipeline.report.artifacts import config, records, run_summary, trainer_record

RUN = run_summary("Evaluator")


def test_facts_about_the_model(tmp_path: Path) -> None:
    found = records(tmp_path) | {"Trainer": trainer_record(tmp_path, {"epochs": []})}
    found["ExampleGen"].parameters.update(code_fingerprint="c0de", content_fingerprint="da7a")
    lineage = collect_lineage(RUN, found, config(tmp_path))
    assert dict(lineage.facts) == {
        "Run": RUN["run_id"],
        "Data": "reviews.csv",
        "Content of the data": "da7a",
        "Encoder": "minilm",
        "Content of the encoder": "feed",
        "Code of ExampleGen": "c0de",
        "Code of Trainer": "0123456789abcdef",
    }
    assert lineage.model
    assert (lineage.model.id, lineage.model.uri) == (13, "artifacts/Trainer/model/6")


def test_the_model_is_the_one_that_was_evaluated(tmp_path: Path) -> None:
    found = records(tmp_path) | {"Trainer": trainer_record(tmp_path, {"epochs": []})}
    optimized = ArtifactRecord(15, "Model", str(tmp_path / "artifacts/Optimizer/model/7"), {})
    for state, uri in (("executed", "Optimizer/model/7"), ("failed", "Trainer/model/6")):
        found["Optimizer"] = NodeRecord("Optimizer", state, {}, {"model": [optimized]})
        lineage = collect_lineage(RUN, found, config(tmp_path))
        assert lineage.model
        assert lineage.model.uri == f"artifacts/{uri}"


def test_what_a_resolver_hands_on_was_read_not_made(tmp_path: Path) -> None:
    found = records(tmp_path) | {"Trainer": trainer_record(tmp_path, {"epochs": []})}
    (model,) = found["Trainer"].outputs["model"]
    older = ArtifactRecord(7, "Model", "/elsewhere/model", {})
    outputs = {"candidate": [model], "model": [older]}
    found["Resolver"] = NodeRecord("Resolver", "executed", {}, outputs)
    nodes = {node.id: node for node in collect_lineage(RUN, found, config(tmp_path)).nodes}
    assert nodes["Trainer"].reads == (1,)
    assert [artifact.id for artifact in nodes["Trainer"].makes] == [13, 14]
    assert nodes["Resolver"].reads == (13,)
    assert [artifact.uri for artifact in nodes["Resolver"].makes] == ["/elsewhere/model"]


def test_a_run_that_stopped_early_has_no_model(tmp_path: Path) -> None:
    lineage = collect_lineage(RUN, {}, config(tmp_path))
    assert lineage.model is None
    assert [name for name, _ in lineage.facts] == ["Run", "Data", "Encoder"]


def test_unreadable_parameters_are_left_out(tmp_path: Path) -> None:
    broken = NodeRecord("Transform", "executed", parameters={"custom_config": "{oops"})
    lineage = collect_lineage(RUN, {"Transform": broken}, config(tmp_path))
    assert "Code of Transform" not in dict(lineage.facts)


def test_parameters_that_are_not_the_default() -> None:
    params = PipelineConfig(data=DataParams(path="a.csv"), train=TrainParams(epochs=7))
    found = {p.name: (p.value, p.default, p.required) for p in changed_parameters(params)}
    assert found == {"data.path": ("a.csv", None, True), "train.epochs": (7, 3, False)}
