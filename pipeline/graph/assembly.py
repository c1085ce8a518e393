"""The only graph: every orchestrator runs the nodes that are put together here."""

from tfx.orchestration.pipeline import Pipeline

from models.encoders.resolving import EncoderModule
from pipeline.config.layout import output_layout
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.graph.catalogue.entry import Assembly, CatalogueNode, ServiceOptions, Told
from pipeline.graph.catalogue.order import NODES
from pipeline.graph.code.node_code import declare_code, node_fingerprint, tokenizer_code


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
        TFX's pipeline, its nodes in the order of the catalogue.
    """
    assembly = Assembly(Told(config, encoder, ""), service)
    for entry in NODES:
        if entry.enabled(config):
            _add(assembly, entry)
    # Without the metadata's address: it may hold a password that only the running node may know.
    return Pipeline(
        pipeline_name=config.name,
        pipeline_root=output_layout(config.output_dir).artifacts,
        components=list(assembly.nodes.values()),
        enable_cache=enable_cache,
        beam_pipeline_args=config.beam.arguments(),
    )


def _add(assembly: Assembly, entry: CatalogueNode) -> None:
    code = node_fingerprint(entry.id, service=assembly.service is not None)
    assembly.told = Told(assembly.told.config, assembly.told.encoder, code, tokenizer_code())
    node = entry.build(assembly).with_id(entry.id)
    for upstream in entry.waits_for:
        if upstream in assembly.nodes:  # else the configuration has switched it off
            node.add_upstream_node(assembly.nodes[upstream])
    declare_code(node, code)
    assembly.nodes[entry.id] = node
    for name, key in entry.offers.items():
        if key in node.outputs or not node.SPEC_CLASS.is_optional_output(key):
            assembly.channels[name] = node.outputs[key]
            assembly.makers[name] = node
