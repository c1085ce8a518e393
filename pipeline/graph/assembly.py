"""The only graph: every orchestrator runs the nodes that are put together here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tfx import types
from tfx.components.schema_gen.component import SchemaGen
from tfx.components.schema_gen.import_schema_gen.component import ImportSchemaGen
from tfx.components.trainer.component import Trainer
from tfx.components.tuner.component import Tuner
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.resolver import Resolver
from tfx.dsl.input_resolution.strategies.latest_blessed_model_strategy import (
    LatestBlessedModelStrategy,
)
from tfx.orchestration.pipeline import Pipeline
from tfx.proto import trainer_pb2
from tfx.types import standard_artifacts

from components.evaluator.component import ReasoningEvaluator
from components.example_gen.component import RowExampleGen
from components.example_validator.component import StoppingExampleValidator
from components.infra_validator.component import LocalInfraValidator
from components.model_resolver.strategy import CANDIDATE, LatestOtherBlessedModelStrategy
from components.optimizer.component import Optimizer
from components.pusher.component import AtomicPusher
from components.statistics_gen.component import BoundedStatisticsGen
from components.transform.component import FileTransform
from models.encoders.resolving import EncoderModule
from pipeline.config.layout import output_layout
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.graph.evaluation import eval_config
from pipeline.graph.node_code import declare_code
from pipeline.graph.node_parameters import (
    TEST_SPLIT,
    data_params,
    infra_specs,
    kept_schema,
    push_destination,
    trainer_config,
    transform_config,
    tuner_config,
)

PREPROCESSING_FN = "models.preprocessing.preprocessing_fn"


@dataclass(frozen=True)
class ServiceOptions:
    """What differs where a service runs TFX's executors itself, as Vertex AI does.

    There, neither TFX's drivers nor resolver strategies of our own run, metadata is the service's,
    and this machine's files are out of reach.

    Attributes:
        content_fingerprint: Of the data, for the cache key of ExampleGen; `None` if it is unknown.
        preprocessing_fn: Path of Transform's function.
        transform_config: Its `custom_config`.
    """

    content_fingerprint: str | None
    preprocessing_fn: str
    transform_config: Mapping[str, str]


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
    optimizer: BaseNode | None

    @property
    def last(self) -> BaseNode:
        """The node whose model is evaluated and pushed."""
        return self.optimizer or self.trainer

    def all(self) -> list[BaseNode]:
        """Return the nodes that there are, in their order."""
        nodes = (self.transform, self.tuner, self.trainer, self.optimizer)
        return [node for node in nodes if node is not None]


def create_pipeline(
    config: PipelineConfig,
    encoder: EncoderModule | None,
    *,
    enable_cache: bool = True,
    service: ServiceOptions | None = None,
) -> Pipeline:
    """Put the graph together.

    Args:
        config: The checked configuration.
        encoder: The resolved encoder. With `None`, what depends on files of the machine that runs a
            node (encoder, curated schema) is left open; `pipeline.graph.run_settings` fills it in
            there.
        enable_cache: Whether nodes may take their outputs from earlier, equal executions.
        service: What differs where a service runs the executors.

    Returns:
        TFX's pipeline, its nodes in the order of the design.

    Raises:
        PipelineError: If a node does not say which code it executes.
    """
    data = _data_nodes(config, encoder, service)
    model = _model_nodes(config, encoder, data, service)
    resolver = _service_resolver(model) if service else _resolver(model)
    verdict = _verdict_nodes(config, data, model, resolver)
    made = [
        data.example_gen,
        data.statistics_gen,
        data.schema_gen,
        data.example_validator,
        *model.all(),
        resolver,
        *verdict,
    ]
    for node in made:
        declare_code(node, service=service is not None)
    # Without the metadata's address: it may hold a password that only the running node may know.
    return Pipeline(
        pipeline_name=config.name,
        pipeline_root=output_layout(config.output_dir).artifacts,
        components=made,
        enable_cache=enable_cache,
        beam_pipeline_args=config.beam.arguments(),
    )


def _data_nodes(
    config: PipelineConfig, encoder: EncoderModule | None, service: ServiceOptions | None
) -> DataNodes:
    example_gen = RowExampleGen(
        data_params(config), service.content_fingerprint if service else None
    ).with_id("ExampleGen")
    statistics_gen = BoundedStatisticsGen(examples=example_gen.outputs["examples"])
    statistics_gen = statistics_gen.with_id("StatisticsGen")
    if config.validate_data.schema_path:
        schema_gen = ImportSchemaGen(schema_file=_schema_file(config, encoder, service))
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


def _schema_file(
    config: PipelineConfig, encoder: EncoderModule | None, service: ServiceOptions | None
) -> str:
    if service:
        return str(config.validate_data.schema_path)
    return kept_schema(config) if encoder else ""


def _model_nodes(
    config: PipelineConfig,
    encoder: EncoderModule | None,
    data: DataNodes,
    service: ServiceOptions | None,
) -> ModelNodes:
    transform = FileTransform(
        examples=data.example_gen.outputs["examples"],
        schema=data.schema_gen.outputs["schema"],
        disable_statistics=True,  # StatisticsGen has looked at the rows
        disable_analyzer_cache=True,
        preprocessing_fn=service.preprocessing_fn if service else PREPROCESSING_FN,
        custom_config=service.transform_config if service else transform_config(config, encoder),
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
        custom_config=trainer_config(config, encoder),
        **shared,
    ).with_id("Trainer")
    optimizer = _optimizer(config, transform, trainer) if config.optimize.enabled else None
    return ModelNodes(transform, tuner, trainer, optimizer)


def _optimizer(config: PipelineConfig, transform: BaseNode, trainer: BaseNode) -> BaseNode:
    return Optimizer(
        model=trainer.outputs["model"],
        examples=transform.outputs["transformed_examples"],
        params=config.optimize,
    ).with_id("Optimizer")


def _tuner(
    config: PipelineConfig, encoder: EncoderModule | None, shared: dict[str, Any]
) -> BaseNode:
    return Tuner(
        tuner_fn="models.tuning.tuner_fn",
        custom_config=tuner_config(config, encoder),
        **shared,
    ).with_id("Tuner")


def _resolver(model: ModelNodes) -> BaseNode:
    return Resolver(
        strategy_class=LatestOtherBlessedModelStrategy,
        model=types.Channel(type=standard_artifacts.Model),
        model_blessing=types.Channel(type=standard_artifacts.ModelBlessing),
        **{CANDIDATE: model.last.outputs["model"]},
    ).with_id("Resolver")


def _service_resolver(model: ModelNodes) -> BaseNode:
    """Resolve with TFX's own strategy, which a service turns into queries of its metadata."""
    resolver = Resolver(
        strategy_class=LatestBlessedModelStrategy,
        model=types.Channel(type=standard_artifacts.Model),
        model_blessing=types.Channel(type=standard_artifacts.ModelBlessing),
    ).with_id("Resolver")
    resolver.add_upstream_node(model.last)
    return resolver


def _verdict_nodes(
    config: PipelineConfig, data: DataNodes, model: ModelNodes, resolver: BaseNode
) -> list[BaseNode]:
    candidate = model.last.outputs["model"]
    examples = data.example_gen.outputs["examples"]
    evaluator = ReasoningEvaluator(
        examples=examples,
        example_splits=[TEST_SPLIT],
        model=candidate,
        baseline_model=resolver.outputs["model"],
        eval_config=eval_config(config.evaluate),
    ).with_id("Evaluator")
    infra_validator = LocalInfraValidator(
        model=candidate, examples=examples, **infra_specs(config)
    ).with_id("InfraValidator")
    infra_validator.add_upstream_node(evaluator)
    pusher = AtomicPusher(
        model=candidate,
        model_blessing=evaluator.outputs["blessing"],
        infra_blessing=infra_validator.outputs["blessing"],
        push_destination=push_destination(config),
    ).with_id("Pusher")
    return [evaluator, infra_validator, pusher]
