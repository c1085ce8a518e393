"""The only graph: every orchestrator runs the nodes that are put together here."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfx import types
from tfx.components.schema_gen.component import SchemaGen
from tfx.components.schema_gen.import_schema_gen.component import ImportSchemaGen
from tfx.components.statistics_gen.component import StatisticsGen
from tfx.components.trainer.component import Trainer
from tfx.components.transform.component import Transform
from tfx.components.tuner.component import Tuner
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.resolver import Resolver
from tfx.orchestration.pipeline import Pipeline
from tfx.proto import (
    infra_validator_pb2,
    pusher_pb2,
    trainer_pb2,
)
from tfx.types import standard_artifacts

from components.evaluator.component import ReasoningEvaluator
from components.example_gen.component import RowExampleGen
from components.example_validator.component import StoppingExampleValidator
from components.infra_validator.component import LocalInfraValidator
from components.model_resolver.strategy import CANDIDATE, LatestOtherBlessedModelStrategy
from components.pusher.component import AtomicPusher
from models.encoders.resolving import EncoderModule
from models.params import FeatureNames, PreprocessingParams, TrainerParams, TuneParams
from pipeline.config import PipelineConfig
from pipeline.evaluation import eval_config
from pipeline.fingerprint import code_fingerprint
from pipeline.layout import output_layout
from pipeline.metadata_store import connection_config

SERVED_MODEL_NAME = "bert"
CLASSIFY_SIGNATURE = "classify"
TEST_SPLIT = "test"


@dataclass(frozen=True)
class DataNodes:
    """The nodes that read, describe and check the rows."""

    example_gen: BaseNode
    statistics_gen: BaseNode
    schema_gen: BaseNode
    example_validator: BaseNode


@dataclass(frozen=True)
class ModelNodes:
    """The nodes that make a model."""

    transform: BaseNode
    tuner: BaseNode | None
    trainer: BaseNode


def create_pipeline(
    config: PipelineConfig, encoder: EncoderModule, *, enable_cache: bool = True
) -> Pipeline:
    """Put the graph together.

    Args:
        config: The checked configuration.
        encoder: The resolved encoder.
        enable_cache: Whether nodes may take their outputs from earlier, equal executions.

    Returns:
        TFX's pipeline, its nodes in the order of the design.
    """
    layout = output_layout(config.output_dir)
    data = _data_nodes(config)
    model = _model_nodes(config, encoder, data)
    verdict = _verdict_nodes(config, data, model)
    made = [
        data.example_gen,
        data.statistics_gen,
        data.schema_gen,
        data.example_validator,
        model.transform,
        *([model.tuner] if model.tuner else []),
        model.trainer,
        *verdict,
    ]
    return Pipeline(
        pipeline_name=config.name,
        pipeline_root=str(layout.artifacts),
        components=made,
        enable_cache=enable_cache,
        metadata_connection_config=connection_config(config.metadata.url, layout),
        beam_pipeline_args=list(config.beam.pipeline_args),
    )


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


def _data_nodes(config: PipelineConfig) -> DataNodes:
    example_gen = RowExampleGen(
        config.data.model_copy(update={"path": _absolute(config.data.path)}),
        code_fingerprint=code_fingerprint("components.example_gen.executor"),
    ).with_id("ExampleGen")
    statistics_gen = StatisticsGen(examples=example_gen.outputs["examples"])
    statistics_gen = statistics_gen.with_id("StatisticsGen")
    curated = config.validate_data.schema_path
    if curated:
        schema_gen = ImportSchemaGen(schema_file=_kept_schema(Path(curated), config))
    else:
        schema_gen = SchemaGen(
            statistics=statistics_gen.outputs["statistics"], infer_feature_shape=False
        )
    schema_gen = schema_gen.with_id("SchemaGen")
    example_validator = StoppingExampleValidator(
        statistics=statistics_gen.outputs["statistics"],
        schema=schema_gen.outputs["schema"],
        stop_on=config.validate_data.stop_on,
    ).with_id("ExampleValidator")
    return DataNodes(example_gen, statistics_gen, schema_gen, example_validator)


def _absolute(path: str) -> str:
    """Make a local path independent of the folder in which a node will run."""
    return path if "://" in path else str(Path(path).absolute())


def _kept_schema(path: Path, config: PipelineConfig) -> str:
    """Copy a curated schema to a place named after its content, which the cache key then has."""
    content = path.read_bytes()
    folder = output_layout(config.output_dir).schemas
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{hashlib.sha256(content).hexdigest()[:16]}.pbtxt"
    kept.write_bytes(content)
    return str(kept)


def _model_nodes(config: PipelineConfig, encoder: EncoderModule, data: DataNodes) -> ModelNodes:
    preprocessing = PreprocessingParams(
        features=feature_names(config),
        transform=config.transform,
        vocab_path=str(encoder.vocab_path),
        do_lower_case=encoder.do_lower_case,
    )
    transform = Transform(
        examples=data.example_gen.outputs["examples"],
        schema=data.schema_gen.outputs["schema"],
        preprocessing_fn="models.preprocessing.preprocessing_fn",
        custom_config=_user_config(preprocessing, "models.preprocessing", encoder),
    ).with_id("Transform")
    # Nothing is spent on a model before the data is known to be sound.
    transform.add_upstream_node(data.example_validator)
    shared = {
        "examples": transform.outputs["transformed_examples"],
        "transform_graph": transform.outputs["transform_graph"],
        "train_args": trainer_pb2.TrainArgs(),
        "eval_args": trainer_pb2.EvalArgs(),
    }
    tuner = _tuner(config, encoder, shared) if config.tune.enabled else None
    trainer = Trainer(
        run_fn="models.training.run_fn",
        hyperparameters=tuner.outputs["best_hyperparameters"] if tuner else None,
        # The search space is the Tuner's business: it must not train the model again.
        custom_config=_trainer_config(config, encoder, TuneParams(), "models.training"),
        **shared,
    ).with_id("Trainer")
    return ModelNodes(transform, tuner, trainer)


def _tuner(config: PipelineConfig, encoder: EncoderModule, shared: dict[str, Any]) -> BaseNode:
    return Tuner(
        tuner_fn="models.tuning.tuner_fn",
        custom_config=_trainer_config(config, encoder, config.tune, "models.tuning"),
        **shared,
    ).with_id("Tuner")


def _verdict_nodes(config: PipelineConfig, data: DataNodes, model: ModelNodes) -> list[BaseNode]:
    candidate = model.trainer.outputs["model"]
    examples = data.example_gen.outputs["examples"]
    resolver = Resolver(
        strategy_class=LatestOtherBlessedModelStrategy,
        model=types.Channel(type=standard_artifacts.Model),
        model_blessing=types.Channel(type=standard_artifacts.ModelBlessing),
        **{CANDIDATE: candidate},
    ).with_id("Resolver")
    evaluator = ReasoningEvaluator(
        examples=examples,
        example_splits=[TEST_SPLIT],
        model=candidate,
        baseline_model=resolver.outputs["model"],
        eval_config=eval_config(config.evaluate),
    ).with_id("Evaluator")
    infra_validator = LocalInfraValidator(
        model=candidate, examples=examples, **_infra_specs(config)
    ).with_id("InfraValidator")
    infra_validator.add_upstream_node(evaluator)
    pusher = AtomicPusher(
        model=candidate,
        model_blessing=evaluator.outputs["blessing"],
        infra_blessing=infra_validator.outputs["blessing"],
        push_destination=_push_destination(config),
    ).with_id("Pusher")
    return [resolver, evaluator, infra_validator, pusher]


def _infra_specs(config: PipelineConfig) -> dict[str, Any]:
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


def _push_destination(config: PipelineConfig) -> pusher_pb2.PushDestination:
    layout = output_layout(config.output_dir)
    directory = _absolute(config.push.directory or str(layout.serving_model))
    return pusher_pb2.PushDestination(
        filesystem=pusher_pb2.PushDestination.Filesystem(base_directory=directory)
    )


def _trainer_config(
    config: PipelineConfig, encoder: EncoderModule, tune: TuneParams, module: str
) -> dict[str, str]:
    params = TrainerParams(
        features=feature_names(config),
        encoder=config.encoder,
        encoder_path=str(encoder.path),
        transform=config.transform,
        train=config.train,
        tune=tune,
        checkpoint_root=str(output_layout(config.output_dir).checkpoints),
        fingerprint=f"{code_fingerprint(module)}-{encoder.fingerprint}",
    )
    return {"params": params.model_dump_json()}


def _user_config(
    params: PreprocessingParams, module: str, encoder: EncoderModule
) -> dict[str, str]:
    fingerprint = f"{code_fingerprint(module)}-{encoder.fingerprint}"
    return {"params": json.dumps(params.model_dump(mode="json")), "fingerprint": fingerprint}
