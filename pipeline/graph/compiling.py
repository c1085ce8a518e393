"""Put the graph together and compile it: for a run here, or for an orchestrator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfx.dsl.compiler import compiler
from tfx.orchestration.pipeline import Pipeline
from tfx.proto.orchestration import pipeline_pb2

from bert_aas.contracts.names import CODE_FINGERPRINT_KEY
from pipeline.config.pipeline_config import PipelineConfig, located
from pipeline.graph.assembly import create_pipeline
from pipeline.graph.code.fingerprint import graph_fingerprint
from pipeline.graph.code.node_code import all_releases, node_fingerprint
from pipeline.graph.compiled import CompiledPipeline
from pipeline.metadata.records import RESOLVER_TYPE

if TYPE_CHECKING:
    from models.encoders.resolving import EncoderModule


def compile_config(
    config: PipelineConfig, encoder: EncoderModule | None = None, *, enable_cache: bool = True
) -> CompiledPipeline:
    """Compile a configuration to TFX's intermediate representation.

    Args:
        config: The configuration.
        encoder: The resolved encoder; `None` where the nodes will run elsewhere and resolve it
            there.
        enable_cache: Whether nodes may take their outputs from earlier, equal executions.

    Returns:
        The compiled pipeline.
    """
    absolute = located(config)
    graph = create_pipeline(absolute, encoder, enable_cache=enable_cache)
    made_by = graph_fingerprint(enable_cache=enable_cache, releases=all_releases())
    return CompiledPipeline(absolute, compile_pipeline(graph), made_by)


def compile_pipeline(pipeline: Pipeline) -> pipeline_pb2.Pipeline:
    """Compile a graph to TFX's intermediate representation.

    Args:
        pipeline: The graph.

    Returns:
        The representation, with the run's id still open.
    """
    ir = compiler.Compiler().compile(pipeline)
    for entry in ir.nodes:
        node = entry.pipeline_node
        if node.node_info.type.name == RESOLVER_TYPE:  # the graph could not give it its code
            code = node_fingerprint(node.node_info.id)
            node.parameters.parameters[CODE_FINGERPRINT_KEY].field_value.string_value = code
    return ir
