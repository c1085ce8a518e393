"""What `bert-aas compile --runner kubeflow` writes, read by KFP's own parser."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format

from bert_aas.contracts.errors import InvalidInputError
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.graph.compiled import CompiledPipeline, read_compiled
from pipeline.graph.compiling import compile_config
from pipeline.runners.kubeflow.package import write_package
from tests.e2e.kubeflow_executor import Package

pytestmark = pytest.mark.slow

IMAGE = "registry.example.com/bert-aas-pipeline:1"
PASSWORD = "hunter2+secret"  # noqa: S105 - of no account
URL = "mysql://root:${DB_PASSWORD}@db:3306/bert_aas"
GIB = 1.073741824  # in GB, the unit of KFP's packages


def config(**sections: Any) -> PipelineConfig:
    content = {
        "name": "Toy_1",
        "output_dir": "/data/out",
        "data": {"path": "/data/reviews.csv"},
        "encoder": {"source": "https://tfhub.dev/google/small_bert/1"},
        "kubeflow": {"image": IMAGE, "volume_claim": "shared"},
        **sections,
    }
    return PipelineConfig.model_validate_json(json.dumps(content))


@pytest.fixture(scope="module")
def compiled() -> CompiledPipeline:
    return compile_config(config())


def changed(compiled: CompiledPipeline, **sections: Any) -> CompiledPipeline:
    """The same graph with other sections."""
    if "kubeflow" in sections:
        sections["kubeflow"] = {"image": IMAGE, "volume_claim": "shared", **sections["kubeflow"]}
    return CompiledPipeline(config(**sections), compiled.ir)


def package(compiled: CompiledPipeline, folder: Path) -> Package:
    write_package(compiled, folder / "package.yaml")
    return Package(folder / "package.yaml")


def by_node(read: Package) -> dict[str, Any]:
    return {task.task_info.name: task for task in read.tasks.values()}


def test_steps_and_order_are_those_of_the_graph(compiled: CompiledPipeline, tmp_path: Path) -> None:
    read = package(compiled, tmp_path)

    edges = {
        (read.tasks[upstream].task_info.name, node)
        for node, task in by_node(read).items()
        for upstream in task.dependent_tasks
    }

    assert set(by_node(read)) == {node.id for node in compiled.topology().nodes}
    assert edges == set(compiled.topology().edges())
    assert read.spec.pipeline_info.name == "toy-1"


def test_parameters_are_typed_and_have_the_configured_defaults(
    compiled: CompiledPipeline, tmp_path: Path
) -> None:
    definitions = json_format.MessageToDict(package(compiled, tmp_path).spec.root)

    found = {
        name: (spec["parameterType"], spec["defaultValue"])
        for name, spec in definitions["inputDefinitions"]["parameters"].items()
    }

    assert found == {
        "data_path": ("STRING", "/data/reviews.csv"),
        "epochs": ("NUMBER_INTEGER", 3.0),
        "learning_rate": ("NUMBER_DOUBLE", 1e-4),
        "threshold": ("NUMBER_DOUBLE", 0.6),
        "encoder": ("STRING", "https://tfhub.dev/google/small_bert/1"),
        "output_dir": ("STRING", "/data/out"),
    }


def test_a_step_calls_bert_aas_node(compiled: CompiledPipeline, tmp_path: Path) -> None:
    read = package(compiled, tmp_path)

    container = read.container(by_node(read)["Trainer"])
    arguments = list(container.args)

    assert container.image == IMAGE
    assert list(container.command) == ["bert-aas"]
    assert arguments[:2] == ["node", "--ir"]
    assert read_compiled(arguments[2]).config == compiled.config
    assert arguments[3:7] == ["--node", "Trainer", "--run-id", "{{$.inputs.parameters['run_id']}}"]
    assert "train.epochs={{$.inputs.parameters['epochs']}}" in arguments
    assert arguments[-4:] == [
        "--report-dir",
        "{{$.inputs.parameters['output_dir']}}/runs/{{$.inputs.parameters['run_id']}}",
        "--executor-input",
        "{{$}}",
    ]


def test_the_id_of_the_run_is_a_whole_input(compiled: CompiledPipeline, tmp_path: Path) -> None:
    """KFP's backend fills it in only there."""
    read = package(compiled, tmp_path)

    for task in read.tasks.values():
        given = task.inputs.parameters["run_id"].runtime_value.constant.string_value
        assert given == "{{$.pipeline_job_uuid}}"


def test_the_report_lies_where_the_run_writes(compiled: CompiledPipeline, tmp_path: Path) -> None:
    remote = changed(compiled, output_dir="gs://b/out", metadata={"url": "mysql://db/x"})
    read = package(remote, tmp_path)

    arguments = list(read.container(by_node(read)["Pusher"]).args)
    folder = "{{$.inputs.parameters['output_dir']}}/runs/{{$.inputs.parameters['run_id']}}"
    assert arguments[arguments.index("--report-dir") + 1] == folder


def test_kfp_caches_nothing_and_tries_again(compiled: CompiledPipeline, tmp_path: Path) -> None:
    read = package(changed(compiled, kubeflow={"retries": 3, "retry_delay_s": 30}), tmp_path)

    for task in read.tasks.values():
        assert not task.caching_options.enable_cache
        assert task.retry_policy.max_retry_count == 3
        assert task.retry_policy.backoff_duration.seconds == 30


def test_no_retries(compiled: CompiledPipeline, tmp_path: Path) -> None:
    read = package(changed(compiled, kubeflow={"retries": 0}), tmp_path)

    assert not any(task.HasField("retry_policy") for task in read.tasks.values())


def test_resources(compiled: CompiledPipeline, tmp_path: Path) -> None:
    trainer = {"cpu": "3500m", "memory": "8Gi", "accelerators": 2, "node_selector": {"gpu": "t4"}}
    read = package(changed(compiled, kubeflow={"trainer_resources": trainer}), tmp_path)
    tasks = by_node(read)

    of_trainer = read.container(tasks["Trainer"]).resources
    of_transform = read.container(tasks["Transform"]).resources

    assert (of_trainer.cpu_request, of_trainer.memory_request) == (3.5, pytest.approx(8 * GIB))
    assert of_trainer.memory_limit == of_trainer.memory_request
    assert (of_trainer.accelerator.type, of_trainer.accelerator.count) == ("nvidia.com/gpu", 2)
    assert dict(read.kubernetes(tasks["Trainer"]).node_selector.labels) == {"gpu": "t4"}
    assert (of_transform.cpu_request, of_transform.memory_limit) == (1.0, pytest.approx(4 * GIB))
    assert not of_transform.HasField("accelerator")
    assert not read.kubernetes(tasks["Transform"]).HasField("node_selector")


def test_the_tuner_gets_what_the_trainer_gets(tmp_path: Path) -> None:
    read = package(compile_config(config(tune={"enabled": True})), tmp_path)
    tasks = by_node(read)

    assert read.container(tasks["Tuner"]).resources == read.container(tasks["Trainer"]).resources


def test_volume_secrets_and_variables(compiled: CompiledPipeline, tmp_path: Path) -> None:
    section = {"secrets": {"DB_PASSWORD": "database/password"}, "env": {"A": "b"}}
    read = package(changed(compiled, kubeflow=section), tmp_path)

    for task in read.tasks.values():
        asked = read.kubernetes(task)
        assert [(m.constant, m.mount_path) for m in asked.pvc_mount] == [("shared", "/data")]
        secret = json_format.MessageToDict(asked.secret_as_env[0])
        # Newer releases of kfp-kubernetes write the name as a parameter, too.
        assert secret.pop("secretNameParameter", {"runtimeValue": {"constant": "database"}}) == {
            "runtimeValue": {"constant": "database"}
        }
        assert secret.pop("optional", False) is False
        assert secret == {
            "secretName": "database",
            "keyToEnv": [{"secretKey": "password", "envVar": "DB_PASSWORD"}],
        }
        variables = {variable.name: variable.value for variable in read.container(task).env}
        assert variables == {"A": "b", "_KFP_RUNTIME": "true"}


def test_artifacts_for_kfps_pages(compiled: CompiledPipeline, tmp_path: Path) -> None:
    read = package(compiled, tmp_path)

    found = {
        node: {
            name: spec.artifact_type.schema_title
            for name, spec in read.component(task).output_definitions.artifacts.items()
        }
        for node, task in by_node(read).items()
    }

    assert {node: outputs for node, outputs in found.items() if outputs} == {
        "Evaluator": {
            "metrics": "system.Metrics",
            "confusion_matrix": "system.ClassificationMetrics",
        },
        "Pusher": {"report": "system.HTML", "model": "system.Model"},
    }


def test_the_password_stays_out_of_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_PASSWORD", PASSWORD)
    secrets = {"DB_PASSWORD": "database/password"}
    section = {"image": IMAGE, "volume_claim": "shared", "secrets": secrets}
    secret = compile_config(config(metadata={"url": URL}, kubeflow=section))
    read = package(secret, tmp_path)

    for task in read.tasks.values():
        packed = read.container(task).args[2].partition(",")[2]
        content = gzip.decompress(base64.b64decode(packed)).decode()
        deployment = read_compiled(read.container(task).args[2]).ir.deployment_config
        assert URL in content
        assert PASSWORD not in content
        assert PASSWORD.encode() not in deployment.value


@pytest.mark.parametrize(
    ("sections", "sentence"),
    [
        ({"kubeflow": {"image": None}}, "`kubeflow.image` is missing: give the name of an image"),
        (
            {"kubeflow": {"volume_claim": None}},
            "`output_dir` is /data/out, which the steps do not share: give an address such as",
        ),
        ({"output_dir": "/home/me/out"}, "`output_dir` is /home/me/out, which the steps do not"),
        (
            {"push": {"directory": "/models"}},
            "`push.directory` is /models, which the steps do not share",
        ),
        (
            {"output_dir": "gs://bucket/out"},
            "`output_dir` is gs://bucket/out, where no SQLite file can be kept; `metadata.url`",
        ),
        (
            {"metadata": {"url": "sqlite:////var/metadata.sqlite"}},
            "`metadata.url` is a SQLite file, /var/metadata.sqlite, which the steps do not share",
        ),
        (
            {"metadata": {"url": URL}},
            "`metadata.url` needs the environment variable DB_PASSWORD, which the steps do not "
            "get: name its secret in `kubeflow.secrets`, e.g. {DB_PASSWORD: bert-aas-metadata/",
        ),
    ],
)
def test_what_cannot_work_is_refused(
    compiled: CompiledPipeline, tmp_path: Path, sections: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        write_package(changed(compiled, **sections), tmp_path / "package.yaml")

    assert str(refused.value).startswith(sentence)
    assert list(tmp_path.iterdir()) == []


def test_other_names_are_refused(compiled: CompiledPipeline, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="KFP takes only files named"):
        write_package(compiled, tmp_path / "package.json")


@pytest.mark.parametrize(
    ("sections", "note"),
    [
        ({"data": {"path": "/app/x.csv"}}, "note: `data.path` is /app/x.csv, which is not on"),
        (
            {"train": {"teacher": "/app/teacher/1"}},
            "note: `train.teacher` is /app/teacher/1, which is not on the volume: the image must "
            "contain it",
        ),
        ({}, "note: the metadata are a SQLite file on the volume: start one run at a time"),
    ],
)
def test_the_user_is_told(
    compiled: CompiledPipeline, tmp_path: Path, sections: dict[str, Any], note: str
) -> None:
    path = tmp_path / "new folder" / "package.yaml"

    told = write_package(changed(compiled, **sections), path).splitlines()

    assert told[0] == f"wrote {path}"
    assert len([line for line in told if line.startswith(note)]) == 1
    assert list(path.parent.iterdir()) == [path]


def test_nothing_is_noted_where_all_is_well(compiled: CompiledPipeline, tmp_path: Path) -> None:
    told = write_package(
        changed(
            compiled,
            data={"path": "gs://b/x.csv"},
            metadata={"url": URL},
            kubeflow={"secrets": {"DB_PASSWORD": "database/password"}},
        ),
        tmp_path / "package.yaml",
    )
    assert "note:" not in told


def test_a_command_for_a_model_that_is_refused_is_a_branch(
    compiled: CompiledPipeline, tmp_path: Path
) -> None:
    evaluate = {"otherwise": "command", "command": ["say", "it"]}
    read = package(changed(compiled, evaluate=evaluate), tmp_path)
    asked = by_node(read)["ConditionsNotMet"]
    assert set(asked.dependent_tasks) == {"pusher"}
    arguments = list(read.container(asked).args)
    assert arguments[0] == "condition"
    where = ["--path", "verdict.passed", "--operator", "==", "--bound", "false"]
    assert arguments[arguments.index("--path") :][:6] == where
    assert arguments[-2:] == ["--output", "{{$.outputs.parameters['not_met'].output_file}}"]
    branch = by_node(read)["not_met"]
    assert branch.trigger_policy.condition.endswith("-not_met'] == 'true'")
    tasks = read.component(branch).dag.tasks
    assert [task.task_info.name for task in tasks.values()] == ["Otherwise"]
    assert read.container(tasks["otherwise"]).args[0] == "otherwise"
    assert not tasks["otherwise"].HasField("retry_policy")
