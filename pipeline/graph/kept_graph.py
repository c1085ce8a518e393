"""Reuse the compiled graph of the last run, or compile a new one.

Compiling imports every component of TFX with TensorFlow, which takes longer than a run whose nodes
all come from the cache. A graph depends on the code and on the few fields that decide on its nodes;
the other fields are filled in again for each run, as they are for a node in its own process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.locations import is_remote
from pipeline.config.layout import output_layout
from pipeline.config.pipeline_config import PipelineConfig, located, written_locations
from pipeline.graph.code.fingerprint import graph_fingerprint
from pipeline.graph.code.node_code import all_releases
from pipeline.graph.light_imports import import_launcher

if TYPE_CHECKING:
    from models.encoders.resolving import EncoderModule
    from pipeline.graph.compiled import CompiledPipeline


def compiled_graph(
    config: PipelineConfig, encoder: EncoderModule, *, enable_cache: bool
) -> CompiledPipeline:
    """Get the compiled graph of a configuration, from the output folder if it is still valid.

    Args:
        config: The configuration; its output folder is on this machine.
        encoder: The resolved encoder.
        enable_cache: Whether nodes may take their outputs from earlier, equal executions.

    Returns:
        The compiled pipeline, either way the same.
    """
    kept = _kept_graph(config, enable_cache=enable_cache)
    if kept is None:
        from pipeline.graph.compiling import compile_config

        compiled = compile_config(config, encoder, enable_cache=enable_cache)
    else:
        import_launcher(remote_files=is_remote(*written_locations(config)))
        from pipeline.graph.run_settings import with_all_parameters

        compiled = with_all_parameters(kept, encoder)
    from pipeline.graph.compiled import write_compiled

    write_compiled(compiled, output_layout(config.output_dir).compiled_graph)
    return compiled


def _kept_graph(config: PipelineConfig, *, enable_cache: bool) -> CompiledPipeline | None:
    """Read the last run's graph if it is of the same code and shape; the configuration is ours."""
    from pipeline.graph.compiled import CompiledPipeline, read_compiled
    from pipeline.graph.run_settings import graph_shape

    try:
        kept = read_compiled(str(output_layout(config.output_dir).compiled_graph))
    except InvalidInputError:  # none, or another release's
        return None
    made_by = graph_fingerprint(enable_cache=enable_cache, releases=all_releases())
    same_code = kept.made_by == made_by
    if not same_code or graph_shape(kept.config) != graph_shape(config):
        return None
    return CompiledPipeline(located(config), kept.ir, kept.made_by)
