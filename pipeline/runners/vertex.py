"""Compile for Vertex AI Pipelines, with TFX's own runner: every node is a container step there."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfx.dsl.components.base.base_node import BaseNode

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.atomic import write_text
from bert_aas.contracts.plain_text import printable
from components.example_gen.fingerprint import content_fingerprint
from components.example_gen.params import DataParams
from components.example_gen.reading.sources import find_files
from components.example_validator.anomalies import check_names
from models.encoders.resolving import EncoderModule
from models.params import EncoderParams, PreprocessingParams
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.config.preflight import check_encoder
from pipeline.config.vertex_params import VertexTrainerResources
from pipeline.graph.assembly import create_pipeline
from pipeline.graph.catalogue.entry import Assembly, ServiceOptions, Told
from pipeline.graph.catalogue.order import NODES, entry_of
from pipeline.graph.told.training_parameters import feature_names, text_rules

_BUCKET = "gs://"
_NAME = re.compile("[a-z0-9][a-z0-9-]*")
_PREPROCESSING = "models.encoder_preprocessing"
_CANDIDATE = "candidate"
_BASELINE_QUERY = "Resolver-model-blessing-resolver"
"""Vertex AI's task that looks for the latest blessing: TFX makes two tasks of the Resolver."""


def write_job(config: PipelineConfig, path: Path, *, enable_cache: bool) -> str:
    """Write the job that Vertex AI Pipelines runs.

    Args:
        config: The checked configuration.
        path: The JSON file to write.
        enable_cache: Whether nodes may take their outputs from earlier, equal executions.

    Returns:
        What to tell the user: how to submit the job, and what it cannot do.

    Raises:
        InvalidInputError: If the job could not run.
    """
    check_config(config)
    encoder = check_encoder(config)
    fingerprint, complaint = data_fingerprint(config.data)
    service = ServiceOptions(
        content_fingerprint=fingerprint,
        preprocessing_fn=f"{_PREPROCESSING}.preprocessing_fn",
        transform_config=_transform_config(config, encoder),
    )
    job = compile_job(config, encoder, service, enable_cache=enable_cache)
    write_text(path, json.dumps(job, indent=1, sort_keys=True) + "\n")
    return _next_steps(config, path, complaint if enable_cache else "")


def check_config(config: PipelineConfig) -> None:
    """Refuse what cannot work on Vertex AI.

    Args:
        config: The configuration.

    Raises:
        InvalidInputError: If there is no image, a path is not in Cloud Storage, or Vertex AI does
            not take the pipeline's name.
    """
    check_names(config.validate_data.stop_on)
    if config.vertex.image is None:
        raise InvalidInputError(
            "Vertex AI runs containers: name an image that has `bert-aas` in `vertex.image`"
        )
    if not _NAME.fullmatch(config.name):
        raise InvalidInputError(
            f"`name` is {config.name!r}; Vertex AI takes lower-case letters, digits and dashes"
        )
    locations = {
        "output_dir": config.output_dir,
        "data.path": config.data.path,
        "validate.schema_path": config.validate_data.schema_path,
        "push.directory": config.push.directory,
        "train.teacher": config.train.teacher,
    }
    for key, location in locations.items():
        if location is not None and not location.startswith(_BUCKET):
            raise InvalidInputError(
                f"`{key}` is {location!r}, which Vertex AI's machines cannot see; it must be in "
                "Cloud Storage, gs://BUCKET/…"
            )


def data_fingerprint(params: DataParams) -> tuple[str | None, str]:
    """Fingerprint the data from here: on Vertex AI no driver of ours does.

    Args:
        params: What to read.

    Returns:
        The fingerprint, or `None` and why there is none.
    """
    if params.path.startswith(_BUCKET) and not _has_credentials():
        return None, "there are no Google Cloud credentials here"
    try:
        return content_fingerprint(find_files(params)), ""
    except InvalidInputError as exc:
        return None, str(exc)


def _has_credentials() -> bool:
    """Look for them: Beam would try for four minutes before it says that there are none."""
    import google.auth

    try:
        google.auth.default()
    except google.auth.exceptions.DefaultCredentialsError:
        return False
    return True


def compile_job(
    config: PipelineConfig, encoder: EncoderModule, service: ServiceOptions, *, enable_cache: bool
) -> dict[str, Any]:
    """Compile to a job of Vertex AI Pipelines.

    Args:
        config: A configuration that `check_config` accepts.
        encoder: The resolved encoder.
        service: What differs on Vertex AI.
        enable_cache: Whether nodes may take their outputs from earlier, equal executions.

    Returns:
        KFP's PipelineJob as JSON.
    """
    from tfx.orchestration.kubeflow.v2.kubeflow_v2_dag_runner import (
        KubeflowV2DagRunner,
        KubeflowV2DagRunnerConfig,
    )

    graph = create_pipeline(config, encoder, enable_cache=enable_cache, service=service)
    for node in graph.components:
        _request_resources(node, config.vertex.trainer_resources)
    # The KFP of TFX 1.16 knows the schema 2.1; Vertex AI takes both.
    options = KubeflowV2DagRunnerConfig(
        default_image=config.vertex.image, use_pipeline_spec_2_1=True
    )
    job: dict[str, Any] = KubeflowV2DagRunner(options).run(graph, write_out=False)
    tasks = job["pipelineSpec"]["root"]["dag"]["tasks"]
    # TFX leaves out that the baseline is looked for once there is a candidate.
    makers = [entry.id for entry in NODES if _CANDIDATE in entry.offers and entry.enabled(config)]
    tasks[_BASELINE_QUERY]["dependentTasks"] = makers[-1:]
    for name in _changing_unseen(config, service) if enable_cache else tasks:
        tasks[name]["cachingOptions"] = {"enableCache": False}
    return job


def _changing_unseen(config: PipelineConfig, service: ServiceOptions) -> list[str]:
    """Name the nodes whose cache key would not tell that a file has changed."""
    assembly = Assembly(Told(config, None, ""), service)
    return [entry.id for entry in NODES if entry.enabled(config) and entry.unseen_files(assembly)]


def _transform_config(config: PipelineConfig, encoder: EncoderModule) -> Mapping[str, str]:
    from models.encoder_preprocessing import ENCODER_FINGERPRINT_KEY, ENCODER_KEY

    params = PreprocessingParams(
        features=feature_names(config),
        transform=config.transform,
        vocab_path=f"{config.encoder.source}, in the container",
        do_lower_case=encoder.do_lower_case,
        text_rules=text_rules(config),
    )
    return {
        "params": params.as_json(),
        # Its source alone: whether it is fine-tuned does not concern the tokens.
        ENCODER_KEY: EncoderParams(source=config.encoder.source).model_dump_json(),
        ENCODER_FINGERPRINT_KEY: encoder.fingerprint,
    }


def _request_resources(node: BaseNode, resources: VertexTrainerResources) -> None:
    if not entry_of(node.id).trains or resources == VertexTrainerResources():
        return
    from kfp.pipeline_spec import pipeline_spec_pb2

    container = pipeline_spec_pb2.PipelineDeploymentConfig.PipelineContainerSpec
    spec = container.ResourceSpec(
        cpu_limit=resources.cpus or 0, memory_limit=resources.memory_gib or 0
    )
    if resources.accelerator:
        spec.accelerator.type = resources.accelerator
        spec.accelerator.count = resources.accelerator_count
    node.with_platform_config(spec)


def _next_steps(config: PipelineConfig, path: Path, complaint: str) -> str:
    lines = [f"wrote {printable(path)}"]
    if complaint:
        lines.append(
            "the data cannot be read from here, so ExampleGen will run in every job, never from "
            f"the cache: {complaint}"
        )
    return "\n".join([*lines, "submit it with:", "", submission(config, path)])


def submission(config: PipelineConfig, path: Path) -> str:
    """Write the Python lines that submit a job.

    Args:
        config: The configuration: it names project, region and account.
        path: The job's file.

    Returns:
        The lines.
    """
    vertex = config.vertex
    account = f"service_account={_python(vertex.service_account)}" if vertex.service_account else ""
    project = vertex.project or "YOUR-PROJECT"
    return f"""\
from google.cloud import aiplatform

aiplatform.init(project={_python(project)}, location={_python(vertex.region)})
job = aiplatform.PipelineJob({_python(config.name)}, template_path={_python(path)})
job.submit({account})
"""


def _python(value: object) -> str:
    """Write a text as Python reads it."""
    return json.dumps(str(value))
