"""The job for Vertex AI Pipelines, against KFP's schema, Google's client and the other runners."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bert_aas.contracts.errors import InvalidInputError
from pipeline.config.pipeline_config import PipelineConfig, load_config, override
from tests.tiny_encoder import build_tiny_encoder

pytestmark = pytest.mark.slow  # TFX takes many seconds to import

pytest.importorskip("kfp.pipeline_spec", reason="kfp is not installed")

PAGE = Path(__file__).parents[3] / "docs" / "vertex.md"
IMAGE = "europe-docker.pkg.dev/shop/ml/bert-aas:1"
RESOLVER_TASKS = ("Resolver-model-blessing-resolver", "Resolver-model-resolver")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> PipelineConfig:
    encoder = build_tiny_encoder(tmp_path_factory.mktemp("vertex") / "encoder")
    return PipelineConfig.model_validate(
        {
            "name": "toy",
            "output_dir": "gs://shop/toy",
            "data": {"path": "gs://shop/reviews.csv"},
            "encoder": {"source": str(encoder)},
            "transform": {"max_seq_length": 24},
            "vertex": {"image": IMAGE},
        }
    )


def compile_job(
    config: PipelineConfig, fingerprint: str | None = "a1b2", *, enable_cache: bool = True
) -> dict[str, Any]:
    from pipeline.config.preflight import check_encoder
    from pipeline.graph.catalogue.entry import ServiceOptions
    from pipeline.runners import vertex

    encoder = check_encoder(config)
    service = ServiceOptions(fingerprint, "models.encoder_preprocessing.preprocessing_fn", {})
    return vertex.compile_job(config, encoder, service, enable_cache=enable_cache)


@pytest.fixture(
    scope="module",
    params=[
        (),
        ("tune.enabled=true", "optimize.enabled=false"),
        ("validate.schema_path=gs://shop/schema.pbtxt",),
    ],
    ids=["as it is", "with a tuner, not optimized", "with a curated schema"],
)
def compiled(
    request: pytest.FixtureRequest, config: PipelineConfig
) -> tuple[PipelineConfig, dict[str, Any]]:
    changed = override(config, request.param)
    return changed, compile_job(changed)


@pytest.fixture(scope="module")
def job(config: PipelineConfig) -> dict[str, Any]:
    return compile_job(config)


def tasks(job: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = job["pipelineSpec"]["root"]["dag"]["tasks"]
    return found


def executor(job: dict[str, Any], node_id: str) -> dict[str, Any]:
    executors = job["pipelineSpec"]["deploymentSpec"]["executors"]
    found: dict[str, Any] = executors[f"{node_id}_executor"]
    return found


def test_the_schema_knows_every_field(compiled: tuple[PipelineConfig, dict[str, Any]]) -> None:
    from google.protobuf import json_format
    from kfp.pipeline_spec import pipeline_spec_pb2 as schema

    _, job = compiled
    json_format.ParseDict(job, schema.PipelineJob())
    spec = json_format.ParseDict(job["pipelineSpec"], schema.PipelineSpec())
    deployment = schema.PipelineDeploymentConfig()
    json_format.ParseDict(job["pipelineSpec"]["deploymentSpec"], deployment)

    assert spec.schema_version == "2.1.0"
    assert set(deployment.executors) == {c.executor_label for c in spec.components.values()}


def test_everything_that_is_named_is_there(
    compiled: tuple[PipelineConfig, dict[str, Any]],
) -> None:
    _, job = compiled
    components = job["pipelineSpec"]["components"]
    for name, task in tasks(job).items():
        declared = components[task["componentRef"]["name"]].get("inputDefinitions", {})
        given = task.get("inputs", {})
        for kind in ("parameters", "artifacts"):
            assert set(given.get(kind, {})) == set(declared.get(kind, {})), name
        assert set(task.get("dependentTasks", ())) <= set(tasks(job))
        for source in given.get("artifacts", {}).values():
            producer = tasks(job)[source["taskOutputArtifact"]["producerTask"]]
            outputs = components[producer["componentRef"]["name"]]["outputDefinitions"]
            assert source["taskOutputArtifact"]["outputArtifactKey"] in outputs["artifacts"]


def test_googles_client_takes_the_job(job: dict[str, Any], tmp_path: Path) -> None:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import aiplatform, aiplatform_v1

    path = tmp_path / "job.json"
    path.write_text(json.dumps(job))

    loaded = aiplatform.PipelineJob(
        "toy",
        template_path=str(path),
        project="shop",
        location="europe-west1",
        credentials=AnonymousCredentials(),
    )

    aiplatform_v1.PipelineJob.from_json(path.read_text())  # the body of the REST call
    sent = loaded.to_dict()
    assert sent["runtimeConfig"]["gcsOutputDirectory"] == "gs://shop/toy/artifacts"
    assert sent["pipelineSpec"] == job["pipelineSpec"]


def test_every_node_runs_in_the_image_through_tfx(job: dict[str, Any]) -> None:
    containers = [
        executor(job, name)["container"] for name in tasks(job) if name not in RESOLVER_TASKS
    ]

    assert {container["image"] for container in containers} == {IMAGE}
    assert {container["command"][0] for container in containers} == {"python"}


def test_only_the_training_nodes_ask_for_more(config: PipelineConfig) -> None:
    gpus = ["accelerator=NVIDIA_TESLA_T4", "accelerator_count=2", "cpus=8", "memory_gib=30"]
    # All at once: a kind of GPU without a number is refused.
    settings = ", ".join(pair.replace("=", ": ") for pair in gpus)
    wanted = override(config, [f"vertex.trainer_resources={{{settings}}}", "tune.enabled=true"])

    job = compile_job(wanted)

    found = {
        name: executor(job, name)["container"]["resources"]
        for name in tasks(job)
        if "resources" in executor(job, name).get("container", {})
    }
    expected = {
        "cpuLimit": 8.0,
        "memoryLimit": 30.0,
        "accelerator": {"type": "NVIDIA_TESLA_T4", "count": "2"},
    }
    assert found == {"Tuner": expected, "Trainer": expected}


def uncached(job: dict[str, Any]) -> set[str]:
    """Name the tasks that are kept from the cache."""
    options = {name: task.get("cachingOptions") for name, task in tasks(job).items()}
    return {name for name, given in options.items() if given == {"enableCache": False}}


def cached(job: dict[str, Any]) -> set[str]:
    """Name the tasks that may come from the cache."""
    options = {name: task.get("cachingOptions") for name, task in tasks(job).items()}
    return {name for name, given in options.items() if given == {"enableCache": True}}


def test_all_nodes_but_the_resolver_may_come_from_the_cache(job: dict[str, Any]) -> None:
    parameters = tasks(job)["ExampleGen"]["inputs"]["parameters"]

    assert cached(job) == set(tasks(job)) - set(RESOLVER_TASKS)
    assert parameters["content_fingerprint"]["runtimeValue"]["constant"] == "a1b2"


def test_every_task_holds_the_code_that_it_executes(job: dict[str, Any]) -> None:
    from pipeline.graph.code.node_code import node_fingerprint

    nodes = set(tasks(job)) - set(RESOLVER_TASKS)
    found = {name: tasks(job)[name]["inputs"]["parameters"]["code_fingerprint"] for name in nodes}

    assert found == {
        name: {"runtimeValue": {"constant": node_fingerprint(name, service=True)}} for name in nodes
    }
    assert found["Transform"]["runtimeValue"]["constant"] != node_fingerprint("Transform")


def test_data_that_were_not_seen_are_read_in_every_job(config: PipelineConfig) -> None:
    job = compile_job(config, fingerprint=None)

    assert uncached(job) == {"ExampleGen"}
    assert "content_fingerprint" not in tasks(job)["ExampleGen"]["inputs"]["parameters"]


def test_a_curated_schema_is_read_in_every_job(config: PipelineConfig) -> None:
    job = compile_job(override(config, ["validate.schema_path=gs://shop/schema.pbtxt"]))

    given = tasks(job)["SchemaGen"]["inputs"]["parameters"]["schema_file"]
    assert given["runtimeValue"]["constant"] == "gs://shop/schema.pbtxt"
    assert uncached(job) == {"SchemaGen"}


def test_without_the_cache_every_node_runs(config: PipelineConfig) -> None:
    job = compile_job(config, enable_cache=False)

    assert uncached(job) == set(tasks(job))


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("vertex.image=null", "name an image that has `bert-aas` in `vertex.image`"),
        ("name=Toy_1", "`name` is 'Toy_1'; Vertex AI takes lower-case letters, digits and dashes"),
        ("output_dir=output", "`output_dir` is 'output', which Vertex AI's machines cannot see"),
        ("data.path=s3://shop/a.csv", "`data.path` is 's3://shop/a.csv', which"),
        ("validate.schema_path=s.pbtxt", "`validate.schema_path` is 's.pbtxt', which"),
        ("push.directory=/models", "`push.directory` is '/models', which"),
        ("train.teacher=/models/1", "`train.teacher` is '/models/1', which"),
        ("validate.stop_on=[NOISE]", "`validate.stop_on` has 'NOISE'"),
    ],
)
def test_what_cannot_work_is_refused(config: PipelineConfig, setting: str, sentence: str) -> None:
    from pipeline.runners.vertex import check_config

    with pytest.raises(InvalidInputError) as refused:
        check_config(override(config, [setting]))

    assert sentence in str(refused.value)


def test_data_that_can_be_read_have_a_fingerprint(tmp_path: Path) -> None:
    from components.example_gen.params import DataParams
    from pipeline.runners.vertex import data_fingerprint

    (tmp_path / "a.csv").write_text("text,label\ngood,1\n")
    first, complaint = data_fingerprint(DataParams(path=str(tmp_path / "a.csv")))
    (tmp_path / "a.csv").write_text("text,label\nbad,1\n")
    second, _ = data_fingerprint(DataParams(path=str(tmp_path / "a.csv")))

    assert complaint == ""
    assert first
    assert second
    assert first != second


def test_data_that_cannot_be_read_have_none(tmp_path: Path) -> None:
    from components.example_gen.params import DataParams
    from pipeline.runners.vertex import data_fingerprint

    fingerprint, complaint = data_fingerprint(DataParams(path=str(tmp_path / "absent.csv")))

    assert fingerprint is None
    assert "absent.csv" in complaint


def test_the_user_is_told_how_to_submit(
    config: PipelineConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.runners import vertex

    reason = "there are no Google Cloud credentials here"
    monkeypatch.setattr(vertex, "data_fingerprint", lambda params: (None, reason))
    account = "trainer@shop.iam.gserviceaccount.com"
    settings = ["project=shop", "region=europe-west1", f"service_account={account}"]
    path = tmp_path / "jobs" / "toy.json"

    told = vertex.write_job(
        override(config, [f"vertex.{setting}" for setting in settings]), path, enable_cache=True
    )

    assert json.loads(path.read_text())["displayName"] == "toy"
    assert told.splitlines() == [
        f"wrote {path}",
        "the data cannot be read from here, so ExampleGen will run in every job, never from the "
        f"cache: {reason}",
        "submit it with:",
        "",
        "from google.cloud import aiplatform",
        "",
        'aiplatform.init(project="shop", location="europe-west1")',
        f'job = aiplatform.PipelineJob("toy", template_path="{path}")',
        f'job.submit(service_account="{account}")',
    ]


def test_the_page_has_a_configuration_that_works_and_what_is_printed(tmp_path: Path) -> None:
    from pipeline.runners import vertex

    blocks = dict(re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE))
    (tmp_path / "vertex.yaml").write_text(blocks["yaml"])

    config = load_config(tmp_path / "vertex.yaml")

    vertex.check_config(config)
    assert vertex.submission(config, Path("job.json")) == blocks["python"]
