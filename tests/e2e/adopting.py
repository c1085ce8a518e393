"""Run the pipeline in an output folder that has the metadata of another one, from the cache.

A cache key holds the path of the output folder. So this run gives each execution that came along
the key that it has here. Artifacts stay in the other folder; only the Pusher works.

Usage: python -m tests.e2e.adopting run --config C --output-dir D
"""

import sys
from typing import Any

from ml_metadata.proto import metadata_store_pb2

from pipeline.cli import main
from pipeline.graph.light_imports import import_launcher

_OWN = "Pusher"  # each folder has its own versions


def adopt(metadata_handle: Any, node: Any, context_id: int) -> None:
    """Give a node's latest execution that ended well one more cache key."""
    from tfx.orchestration.portable.mlmd.execution_lib import is_execution_successful

    executions = metadata_handle.store.get_executions_by_type(node.node_info.type.name)
    latest = max(filter(is_execution_successful, executions), key=lambda execution: execution.id)
    key = metadata_store_pb2.Association(execution_id=latest.id, context_id=context_id)
    metadata_handle.store.put_attributions_and_associations([], [key])


def adopt_from_now_on() -> None:
    """Let TFX adopt a node's execution wherever it computes the node's key."""
    import_launcher(remote_files=False)
    from tfx.orchestration.portable import cache_utils

    compute = cache_utils.get_cache_context

    def compute_and_adopt(metadata_handle: Any, pipeline_node: Any, **given: Any) -> Any:
        context = compute(metadata_handle, pipeline_node, **given)
        if pipeline_node.node_info.id != _OWN:
            adopt(metadata_handle, pipeline_node, context.id)
        return context

    cache_utils.get_cache_context = compute_and_adopt


if __name__ == "__main__":
    adopt_from_now_on()
    sys.exit(main(sys.argv[1:]))
