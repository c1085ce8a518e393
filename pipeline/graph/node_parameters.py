"""What each node is told, made from the configuration: for the graph, and anew when a node runs.

A compiled graph holds these values as TFX's exec properties. A run may change the configuration
(`--set`), and files may lie elsewhere on the machine that runs a node, so `exec_properties` makes
them again there. What both ways make is the same, which a test compares for every node.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from bert_aas.contracts.atomic import name_aside
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.locations import absolute
from bert_aas.contracts.names import CODE_FINGERPRINT_KEY
from components.example_gen.params import DataParams
from models.params import FeatureNames, PreprocessingParams, TrainerParams, TuneParams
from pipeline.config.layout import output_layout
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.graph.node_code import node_fingerprint

if TYPE_CHECKING:
    from models.encoders.resolving import EncoderModule

SERVED_MODEL_NAME = "bert"
CLASSIFY_SIGNATURE = "classify"
TEST_SPLIT = "test"
ENCODER_NODES = frozenset({"Transform", "Tuner", "Trainer"})
"""The nodes whose parameters depend on the encoder's content."""


def exec_properties(
    node_id: str,
    config: PipelineConfig,
    encoder: EncoderModule | None,
    code: str | None = None,
) -> dict[str, str]:
    """Make the exec properties of a node that depend on the configuration and on the code.

    Args:
        node_id: Id of the node.
        config: The configuration of the run.
        encoder: The resolved encoder, for `ENCODER_NODES`.
        code: The fingerprint of the node's code, where it is known already.

    Returns:
        Exec property to value, as TFX's compiler spells it.
    """
    code = code or node_fingerprint(node_id)
    return {CODE_FINGERPRINT_KEY: code, **_configured(node_id, config, encoder, code)}


def _configured(
    node_id: str, config: PipelineConfig, encoder: EncoderModule | None, code: str
) -> dict[str, str]:
    if node_id in ENCODER_NODES:
        from tfx.utils import json_utils

        return {"custom_config": json_utils.dumps(_custom_config(node_id, config, encoder, code))}
    if node_id == "ExampleGen":
        return {"data_params": data_params(config).model_dump_json()}
    if node_id == "Optimizer":
        return {"optimize_params": config.optimize.model_dump_json()}
    if node_id == "SchemaGen" and config.validate_data.schema_path:
        return {"schema_file": kept_schema(config)}
    if node_id == "ExampleValidator":
        return {"stop_on": json.dumps(list(config.validate_data.stop_on))}
    return _verdict_properties(node_id, config)


def _custom_config(
    node_id: str, config: PipelineConfig, encoder: EncoderModule | None, code: str
) -> dict[str, str]:
    if node_id == "Transform":
        return transform_config(config, encoder)
    make = tuner_config if node_id == "Tuner" else trainer_config
    return make(config, encoder, code)


def _verdict_properties(node_id: str, config: PipelineConfig) -> dict[str, str]:
    from tfx.utils import proto_utils

    protos: dict[str, Any] = {}
    if node_id == "Evaluator":
        from pipeline.graph.evaluation import eval_config

        protos = {"eval_config": eval_config(config.evaluate)}
    elif node_id == "InfraValidator":
        protos = infra_specs(config)
    elif node_id == "Pusher":
        protos = {"push_destination": push_destination(config)}
    return {key: proto_utils.proto_to_json(proto) for key, proto in protos.items()}


def feature_names(config: PipelineConfig) -> FeatureNames:
    """Return the names of the raw features that the model reads.

    Args:
        config: The configuration.

    Returns:
        Text, optional pair, label, key.
    """
    return FeatureNames(
        text=config.data.text_column,
        text_pair=config.data.text_pair_column,
        label=config.data.label_column,
    )


def data_params(config: PipelineConfig) -> DataParams:
    """Return what ExampleGen reads.

    Args:
        config: The configuration.

    Returns:
        The section `data` with an absolute path.
    """
    return config.data.model_copy(update={"path": absolute(config.data.path)})


def kept_schema(config: PipelineConfig) -> str:
    """Copy the curated schema to a place named after its content, which the cache key then has.

    Args:
        config: The configuration; it names a schema.

    Returns:
        The copy, in the output folder.
    """
    from tfx.dsl.io import fileio

    with fileio.open(absolute(str(config.validate_data.schema_path)), "rb") as file:
        content = file.read()
    return _kept(content, output_layout(config.output_dir).schemas, ".pbtxt")


def _kept(content: bytes, folder: str, suffix: str) -> str:
    """Keep a small file where every worker can read it, under a name that tells its content."""
    from tfx.dsl.io import fileio

    path = f"{folder}/{hashlib.sha256(content).hexdigest()[:16]}{suffix}"
    if not fileio.exists(path):
        fileio.makedirs(folder)
        aside = name_aside(path)
        with fileio.open(aside, "wb") as file:
            file.write(content)
        fileio.rename(aside, path, overwrite=True)
    return path


def transform_config(config: PipelineConfig, encoder: EncoderModule | None) -> dict[str, str]:
    """Make the `custom_config` of Transform.

    Args:
        config: The configuration.
        encoder: The resolved encoder; `None` where the node resolves it when it runs.

    Returns:
        `params` for `models.preprocessing.preprocessing_fn`, and the fingerprint of the encoder for
        the cache key.
    """
    if encoder is None:
        return {}
    folder = output_layout(config.output_dir).vocabularies
    params = PreprocessingParams(
        features=feature_names(config),
        transform=config.transform,
        vocab_path=_kept(encoder.vocab_path.read_bytes(), folder, ".txt"),
        do_lower_case=encoder.do_lower_case,
    )
    return {
        "params": params.model_dump_json(),
        "encoder_fingerprint": encoder.fingerprint,
    }


def trainer_config(
    config: PipelineConfig, encoder: EncoderModule | None, code: str | None = None
) -> dict[str, str]:
    """Make the `custom_config` of the Trainer.

    Args:
        config: The configuration.
        encoder: The resolved encoder; `None` where the node resolves it when it runs.
        code: The fingerprint of the node's code, where it is known already.

    Returns:
        `params` for `models.training.run_fn`.
    """
    # The search space is the Tuner's business: it must not train the model again.
    return _training_config(config, encoder, TuneParams(), code or node_fingerprint("Trainer"))


def tuner_config(
    config: PipelineConfig, encoder: EncoderModule | None, code: str | None = None
) -> dict[str, str]:
    """Make the `custom_config` of the Tuner.

    Args:
        config: The configuration.
        encoder: The resolved encoder; `None` where the node resolves it when it runs.
        code: The fingerprint of the node's code, where it is known already.

    Returns:
        `params` for `models.tuning.tuner_fn`.
    """
    return _training_config(config, encoder, config.tune, code or node_fingerprint("Tuner"))


def _training_config(
    config: PipelineConfig, encoder: EncoderModule | None, tune: TuneParams, code: str
) -> dict[str, str]:
    if encoder is None:
        return {}
    params = TrainerParams(
        features=feature_names(config),
        encoder=config.encoder,
        encoder_fingerprint=encoder.fingerprint,
        transform=config.transform,
        train=config.train,
        tune=tune,
        checkpoint_root=output_layout(config.output_dir).checkpoints,
        code_fingerprint=code,
        teacher_fingerprint=_teacher_fingerprint(config),
    )
    return {"params": params.model_dump_json()}


def _teacher_fingerprint(config: PipelineConfig) -> str | None:
    source = config.train.teacher
    if source is None:
        return None
    from models.training.teaching.teachers import is_version, resolve_teacher

    if absolute(source) == _push_directory(config) and not is_version(source):
        raise InvalidInputError(
            f"`train.teacher` is {source}, where this pipeline pushes its students: the next run's "
            "teacher would be one of them; name one version in it"
        )
    return resolve_teacher(absolute(source)).fingerprint


def infra_specs(config: PipelineConfig) -> dict[str, Any]:
    """Make the three protos of the InfraValidator.

    Args:
        config: The configuration.

    Returns:
        `serving_spec`, `validation_spec`, `request_spec`.
    """
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


def push_destination(config: PipelineConfig) -> Any:
    """Make the proto that tells the Pusher where models go.

    Args:
        config: The configuration.

    Returns:
        TFX's `PushDestination` with the base path of the versions.
    """
    from tfx.proto import pusher_pb2

    directory = _push_directory(config)
    return pusher_pb2.PushDestination(
        filesystem=pusher_pb2.PushDestination.Filesystem(base_directory=directory)
    )


def _push_directory(config: PipelineConfig) -> str:
    return absolute(config.push.directory or output_layout(config.output_dir).serving_model)
