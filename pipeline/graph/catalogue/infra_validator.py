"""InfraValidator: sends requests to the candidate in a real model server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bert_aas.contracts.names import CLASSIFY_SIGNATURE, SERVED_MODEL_NAME, TEST_SPLIT
from pipeline.graph.catalogue.entry import (
    Assembly,
    CatalogueNode,
    NodeCode,
    Parameters,
    Sections,
    Told,
)
from pipeline.graph.catalogue.reading import parsed

if TYPE_CHECKING:
    from tfx.dsl.components.base.base_node import BaseNode

    from pipeline.config.pipeline_config import PipelineConfig


def _build(assembly: Assembly) -> BaseNode:
    from components.infra_validator.component import LocalInfraValidator

    return LocalInfraValidator(
        model=assembly.channels["candidate"],
        examples=assembly.channels["examples"],
        **_specs(assembly.config),
    )


def _specs(config: PipelineConfig) -> dict[str, Any]:
    """Make the three protos: how to serve, how long to wait, what to ask."""
    from tfx.proto import infra_validator_pb2

    params = config.infra_validate
    return {
        "serving_spec": infra_validator_pb2.ServingSpec(
            tensorflow_serving=infra_validator_pb2.TensorFlowServing(tags=["latest"]),
            # TFX wants a platform named; ours starts a process on this machine instead.
            local_docker=infra_validator_pb2.LocalDockerConfig(),
            model_name=SERVED_MODEL_NAME,
        ),
        "validation_spec": infra_validator_pb2.ValidationSpec(
            max_loading_time_seconds=params.max_loading_time_s, num_tries=params.num_tries
        ),
        "request_spec": infra_validator_pb2.RequestSpec(
            tensorflow_serving=infra_validator_pb2.TensorFlowServingRequestSpec(
                signature_names=[CLASSIFY_SIGNATURE]
            ),
            num_examples=params.num_requests,
            split_name=TEST_SPLIT,
        ),
    }


def _parameters(told: Told) -> dict[str, str]:
    from tfx.utils import proto_utils

    return {key: proto_utils.proto_to_json(spec) for key, spec in _specs(told.config).items()}


def _stored(told: Parameters) -> Sections:
    request, validation = parsed(told.get("request_spec")), parsed(told.get("validation_spec"))
    yield (
        "infra_validate",
        {
            "num_requests": request.get("num_examples"),
            "num_tries": validation.get("num_tries"),
            "max_loading_time_s": validation.get("max_loading_time_seconds"),
        },
    )


NODE = CatalogueNode(
    id="InfraValidator",
    build=_build,
    # Its executor starts `python -m serving`.
    code=NodeCode(
        ("components.infra_validator.executor", "serving.__main__"), ("tensorflow", "openvino")
    ),
    offers={"infra_blessing": "blessing"},
    waits_for=("Evaluator", "ModelBiasDetector", "Explainer"),
    parameters=_parameters,
    stored=_stored,
)
