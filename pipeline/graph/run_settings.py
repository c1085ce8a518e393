"""What can be set per run, without compiling again."""

from collections.abc import Collection, Sequence
from typing import Any

from tfx.proto.orchestration import executable_spec_pb2, pipeline_pb2

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.locations import absolute
from bert_aas.contracts.names import CODE_FINGERPRINT_KEY
from models.encoders.resolving import EncoderModule
from pipeline.config.layout import check_names, output_layout
from pipeline.config.pipeline_config import PipelineConfig, located, override
from pipeline.graph.catalogue.order import NODES, entry_of
from pipeline.graph.compiled import CompiledPipeline
from pipeline.graph.node_parameters import exec_properties
from pipeline.metadata.store import connection_config


def with_settings(compiled: CompiledPipeline, settings: Sequence[str]) -> CompiledPipeline:
    """Change the configuration of a compiled pipeline.

    Args:
        compiled: The compiled pipeline; it is not changed.
        settings: `section.key=value` pairs.

    Returns:
        The pipeline with the new configuration; its nodes get their values by `with_parameters`.

    Raises:
        InvalidInputError: If a value is not allowed, or would change the shape of the graph.
    """
    if not settings:
        return compiled
    config = located(override(compiled.config, settings))
    check_names(output_dir=config.output_dir, push__directory=config.push.directory)
    before, after = graph_shape(compiled.config), graph_shape(config)
    for key, value in after.items():
        if before[key] != value:
            raise InvalidInputError(
                f"`{key}` changes the graph, so it cannot be set for one run: the pipeline "
                f"was compiled with {before[key]!r}; compile it again with {value!r}"
            )
    return CompiledPipeline(config, compiled.ir)


def graph_shape(config: PipelineConfig) -> dict[str, Any]:
    """Return what decides on the nodes of the graph; one graph serves all of the same shape.

    Args:
        config: The configuration.

    Returns:
        Field to value, or to whether it has one.
    """
    fields: dict[str, Any] = {"name": config.name}
    for entry in NODES:
        fields |= entry.shape(config)
    return fields


def with_parameters(
    compiled: CompiledPipeline, node_id: str, pipeline_root: str | None = None
) -> pipeline_pb2.Pipeline:
    """Give a node what it needs on this machine and in this run.

    Args:
        compiled: The compiled pipeline; it is not changed.
        node_id: Id of the node that will run.
        pipeline_root: Folder of the artifacts; by default `artifacts` in the output folder.

    Returns:
        The representation with the node's exec properties, the pipeline root and the address of
        the metadata computed again from the configuration.

    Raises:
        InvalidInputError: If the encoder cannot be used or the metadata's address is incomplete.
    """
    encoder = _encoder(compiled.config) if entry_of(node_id).needs_encoder else None
    ir = _with_parameters(compiled, {node_id}, encoder)
    root = absolute(pipeline_root) if pipeline_root else _artifacts(compiled.config)
    ir.runtime_spec.pipeline_root.field_value.string_value = root
    return connected(ir, compiled.config)


def with_all_parameters(compiled: CompiledPipeline, encoder: EncoderModule) -> CompiledPipeline:
    """Give every node what compiling the configuration would give it.

    Args:
        compiled: A graph, compiled by this very code from another configuration of the same shape,
            and the configuration that is meant; all its local paths are absolute.
        encoder: The resolved encoder.

    Returns:
        The compiled pipeline.
    """
    nodes = {node.pipeline_node.node_info.id for node in compiled.ir.nodes}
    ir = _with_parameters(compiled, nodes, encoder, same_code=True)
    root = ir.runtime_spec.pipeline_root.runtime_parameter  # as the compiler leaves it
    root.default_value.string_value = _artifacts(compiled.config)
    return CompiledPipeline(compiled.config, ir, compiled.made_by)


def _with_parameters(
    compiled: CompiledPipeline,
    node_ids: Collection[str],
    encoder: EncoderModule | None,
    *,
    same_code: bool = False,
) -> pipeline_pb2.Pipeline:
    ir = pipeline_pb2.Pipeline()
    ir.CopyFrom(compiled.ir)
    for node in ir.nodes:
        if node.pipeline_node.node_info.id in node_ids:
            code = _code(node.pipeline_node) if same_code else None
            _set_parameters(node.pipeline_node, compiled.config, encoder, code)
    for node_id in node_ids:
        _set_beam_arguments(ir, node_id, compiled.config)
    return ir


def _artifacts(config: PipelineConfig) -> str:
    return output_layout(config.output_dir).artifacts


def connected(ir: pipeline_pb2.Pipeline, config: PipelineConfig) -> pipeline_pb2.Pipeline:
    """Tell a compiled graph where its metadata is.

    Args:
        ir: The compiled graph; it is not changed.
        config: The configuration.

    Returns:
        The graph with the address, secrets filled in: it must not be written anywhere.

    Raises:
        InvalidInputError: If the address is incomplete.
    """
    run = pipeline_pb2.Pipeline()
    run.CopyFrom(ir)
    deployment = _deployment(run)
    address = connection_config(config.metadata.url, output_layout(config.output_dir))
    deployment.metadata_connection_config.Pack(address)
    run.deployment_config.Pack(deployment)
    return run


def _deployment(ir: pipeline_pb2.Pipeline) -> pipeline_pb2.IntermediateDeploymentConfig:
    deployment = pipeline_pb2.IntermediateDeploymentConfig()
    ir.deployment_config.Unpack(deployment)
    return deployment


def _code(node: pipeline_pb2.PipelineNode) -> str:
    return str(node.parameters.parameters[CODE_FINGERPRINT_KEY].field_value.string_value)


def _set_parameters(
    node: pipeline_pb2.PipelineNode,
    config: PipelineConfig,
    encoder: EncoderModule | None,
    code: str | None,
) -> None:
    for key, value in exec_properties(node.node_info.id, config, encoder, code).items():
        node.parameters.parameters[key].field_value.string_value = value


def _encoder(config: PipelineConfig) -> EncoderModule:
    from pipeline.config.preflight import check_encoder

    return check_encoder(config)


def _set_beam_arguments(ir: pipeline_pb2.Pipeline, node_id: str, config: PipelineConfig) -> None:
    deployment = _deployment(ir)
    beam = executable_spec_pb2.BeamExecutableSpec()
    if node_id not in deployment.executor_specs:  # a resolver
        return
    if deployment.executor_specs[node_id].Unpack(beam):
        # TFX's compiler writes them twice, and its launcher reads the placeholders.
        del beam.beam_pipeline_args[:], beam.beam_pipeline_args_placeholders[:]
        for argument in config.beam.arguments():
            beam.beam_pipeline_args.append(argument)
            beam.beam_pipeline_args_placeholders.add().value.string_value = argument
        deployment.executor_specs[node_id].Pack(beam)
        ir.deployment_config.Pack(deployment)
