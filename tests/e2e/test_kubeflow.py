"""A package for Kubeflow Pipelines 2, executed step by step to a pushed model."""

import json
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import json_format

from pipeline.config.layout import output_layout
from pipeline.metadata.records import read_run
from pipeline.metadata.store import connection_config
from tests.e2e.conftest import write_config, write_reviews
from tests.e2e.kubeflow_executor import Cluster, Package, Step, run_package
from tests.e2e.pipeline_process import ROOT
from tests.tiny_encoder import build_tiny_encoder

pytestmark = pytest.mark.e2e

CLAIM = "bert-aas"
COMMAND = "echo told $BERT_AAS_FAILED_CONDITIONS of $BERT_AAS_RUN_ID"
DATA_AND_TRAINING = (
    *("ExampleGen", "StatisticsGen", "SchemaGen", "ExampleValidator", "BiasDetector"),
    *("Transform", "Trainer", "Optimizer", "Resolver"),
)
VERDICT = ("Evaluator", "ModelBiasDetector", "InfraValidator", "Pusher")
EITHER = [
    {"name": "even", "metric": "bias.after.GE", "operator": "<=", "bound": 0},
    {"name": "good or even", "operator": "or", "of": ["threshold", "even"]},
]
"""A threshold that is met decides alone; else the node after the Evaluator does."""


@dataclass(frozen=True)
class Run:
    """A run, and what the volume holds after it."""

    id: str
    steps: dict[str, Step]
    versions: list[str]
    output: Path

    def artifact(self, node_id: str, name: str) -> dict[str, Any]:
        """One of KFP's artifacts."""
        content: dict[str, Any] = json_format.MessageToDict(self.steps[node_id].artifacts[name])
        return content

    def states(self) -> dict[str, str]:
        """Node id to state, from the metadata."""
        connection = connection_config(None, output_layout(str(self.output)))
        return {name: record.state for name, record in read_run(connection, self.id).items()}

    def summary(self) -> dict[str, Any]:
        """The content of the run.json on the volume."""
        path = self.output / "runs" / self.id / "run.json"
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return content


@dataclass(frozen=True)
class Site:
    """A package and the cluster that runs it."""

    package: Package
    cluster: Cluster
    output: Path

    def run(self, **parameters: Any) -> Run:
        """Run the package."""
        run_id, steps = run_package(self.package, self.cluster, **parameters)
        for name, step in steps.items():
            assert step.returncode == 0, f"{name}: {step.logged[-3000:]}"
        folder = self.output / "serving_model"
        versions = sorted(path.name for path in folder.glob("*") if path.name.isdecimal())
        return Run(run_id, steps, versions, self.output)


def write_image(folder: Path) -> str:
    """Make a folder whose `bert-aas` stands for the image's; return the `PATH` of the image."""
    folder.mkdir()
    program = folder / "bert-aas"
    program.write_text(
        f"#!{sys.executable}\n"
        f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        "from pipeline.cli import entry_point\nentry_point()\n",
        encoding="utf-8",
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return f"{folder}:/usr/bin:/bin"


def compile_package(config: Path, package: Path, program: Path) -> None:
    """Compile as a user does."""
    options = ["--runner", "kubeflow", "--config", str(config), "--output", str(package)]
    command = [str(program), "compile", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("kubeflow")
    volume, output = folder / "volume", folder / "volume" / "output"
    volume.mkdir()
    encoder = build_tiny_encoder(volume / "encoder")
    write_reviews(volume / "reviews.csv")
    config = folder / "config.yaml"
    write_config(config, volume / "reviews.csv", encoder)
    content = yaml.safe_load(config.read_text(encoding="utf-8"))
    content["output_dir"] = str(output)
    content["kubeflow"] = {
        "image": "registry.example.com/bert-aas-pipeline:1",
        "volume_claim": CLAIM,
        "mount_path": str(volume),
    }
    content["bias"] = {"enabled": True, "facets": ["shop=north"]}
    content["evaluate"] |= {"otherwise": "command", "command": ["sh", "-c", COMMAND]}
    content["evaluate"]["conditions"] = EITHER
    config.write_text(yaml.safe_dump(content), encoding="utf-8")
    search_path = write_image(folder / "image")
    compile_package(config, folder / "package.yaml", folder / "image" / "bert-aas")
    cluster = Cluster(folder / "cluster", search_path, {CLAIM: volume})
    return Site(Package(folder / "package.yaml"), cluster, output)


@pytest.fixture(scope="module")
def first(site: Site) -> Run:
    return site.run()


@pytest.fixture(scope="module")
def second(site: Site, first: Run) -> Run:
    return site.run(threshold=1.0)


def test_the_steps_run_to_a_pushed_model(first: Run) -> None:
    assert first.states() == dict.fromkeys((*DATA_AND_TRAINING, *VERDICT), "executed")
    assert len(first.versions) == 1
    assert (first.output / "serving_model" / first.versions[0] / "saved_model.pb").exists()


def test_metrics_and_confusion_matrix_agree(first: Run) -> None:
    metrics = first.artifact("Evaluator", "metrics")["metadata"]
    matrix = first.artifact("Evaluator", "confusion_matrix")["metadata"]["confusionMatrix"]
    names = [spec["displayName"] for spec in matrix["annotationSpecs"]]
    assert names == ["negative", "positive"]
    rows = [row["row"] for row in matrix["rows"]]
    right, all_rows = rows[0][0] + rows[1][1], sum(map(sum, rows))
    assert metrics["accuracy"] == pytest.approx(right / all_rows)
    assert metrics["macro_f1"] == pytest.approx(first.summary()["metrics"]["macro_f1"])
    assert metrics["blessed"] == 1.0
    assert metrics["reason"] == first.summary()["reason"]


def test_kfp_gets_the_report_and_the_model(first: Run) -> None:
    report = Path(first.artifact("Pusher", "report")["uri"]).read_text(encoding="utf-8")
    assert report.lstrip().lower().startswith("<!doctype html>")
    assert first.id in report
    model = first.artifact("Pusher", "model")["metadata"]
    assert model["version"] == first.versions[0]
    assert model["pushed_to"] == str(first.output / "serving_model" / first.versions[0])


def test_the_branch_is_taken_as_the_json_path_says(first: Run, second: Run) -> None:
    met, not_met = first.steps["ConditionsNotMet"], second.steps["ConditionsNotMet"]
    assert met.printed == "verdict.passed is true: == false does not hold\n"
    assert (met.parameters, not_met.parameters) == ({"not_met": "false"}, {"not_met": "true"})
    assert "Otherwise" not in first.steps
    assert f"told good or even of {second.id}" in second.steps["Otherwise"].logged
    assert second.artifact("Evaluator", "metrics")["metadata"]["reason"].startswith("undecided: ")
    assert second.summary()["reason"].startswith("not blessed: ")
    assert second.summary()["otherwise"]["exit_code"] == 0
    assert "otherwise" not in first.summary()


def test_a_parameter_of_the_run_holds_the_model_back(first: Run, second: Run) -> None:
    states = second.states()
    assert {name: states[name] for name in DATA_AND_TRAINING} == dict.fromkeys(
        DATA_AND_TRAINING, "cached"
    )
    assert states["Evaluator"] == "executed"
    assert second.steps["Pusher"].printed.startswith("Pusher: not pushed")
    assert second.versions == first.versions
    assert second.artifact("Evaluator", "metrics")["metadata"]["blessed"] == 0.0
    assert second.artifact("Pusher", "model")["metadata"]["pushed"] is False
