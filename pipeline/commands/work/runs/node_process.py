"""What `bert-aas node` does: one node in its own process."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.exit_codes import EXIT_FAILED
from bert_aas.contracts.files.locations import is_remote
from pipeline.config.secret_values import holds_password
from pipeline.console.messages import PlainFormatter, say
from pipeline.environment import quiet_libraries
from pipeline.graph.light_imports import import_launcher

if TYPE_CHECKING:
    from pipeline.graph.compiled import CompiledPipeline
    from pipeline.nodes.node import NodeResult

NOT_PUSHED = "not pushed"
PUSHER = "Pusher"
_OWN_PACKAGES = ("pipeline", "components", "models", "bert_aas")
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class NodeRequest:
    """Which node to run, in which run, and how.

    Attributes:
        ir: The compiled pipeline: a path, a URI, or a `data:` URI.
        node_id: Id of the node.
        run_id: Id of the run.
        settings: `section.key=value` pairs that hold for this run.
        pipeline_root: Folder of the artifacts, if not `OUTPUT_DIR/artifacts`.
        report_dir: Folder for report and summary, written by the node that ends the run.
        executor_input: Kubeflow Pipelines' `ExecutorInput` as JSON, where it starts the node.
        not_pushed_exit_code: Exit code of a Pusher that pushed nothing.
    """

    ir: str
    node_id: str
    run_id: str
    settings: Sequence[str] = ()
    pipeline_root: str | None = None
    report_dir: str | None = None
    executor_input: str | None = None
    not_pushed_exit_code: int = 0


def run_node_process(request: NodeRequest, *, verbose: bool) -> int:
    """Run the node and say in one line how it ended.

    Args:
        request: What to run.
        verbose: Show what TFX, Beam and TensorFlow log, too.

    Returns:
        The exit code: 0, 1 for a failure, or `not_pushed_exit_code`.

    Raises:
        InvalidInputError: If something the user gave cannot be used.
    """
    if "{{" in request.run_id:
        raise InvalidInputError(
            f"--run-id is {request.run_id}, which the orchestrator should have filled in; Kubeflow "
            "Pipelines does so from version 2.4"
        )
    _check_addresses(request)
    quiet_libraries()
    log_to_stderr(verbose=verbose)
    from pipeline.graph.compiled import read_compiled
    from pipeline.graph.run_settings import with_settings

    compiled = with_settings(read_compiled(request.ir), request.settings)
    try:
        result = _run(compiled, request)
    except Exception as exc:  # the process's outermost edge: any executor may fail in any way
        _write_report(compiled, request, exc)
        if isinstance(exc, InvalidInputError):
            raise
        _logger.info("%s failed", request.node_id, exc_info=True)
        from pipeline.runs.summary import error_sentence

        say(f"Error: {request.node_id} failed: {error_sentence(exc)}", error=True)
        return EXIT_FAILED
    return _finish(compiled, request, result)


def _check_addresses(request: NodeRequest) -> None:
    """Refuse a password in what every process list of this machine shows."""
    given = {"--pipeline-root": request.pipeline_root, "--report-dir": request.report_dir}
    for option, location in {"--ir": request.ir, **given}.items():
        if location and not location.startswith("data:") and holds_password(location):
            raise InvalidInputError(f"{option} holds a password in clear text; leave it out")


def _run(compiled: CompiledPipeline, request: NodeRequest) -> NodeResult:
    import_launcher(remote_files=_has_remote_files(compiled, request))
    from pipeline.graph.run_settings import with_parameters
    from pipeline.nodes.node import check_node, run_node

    check_node(compiled.ir, request.node_id)
    ir = with_parameters(compiled, request.node_id, request.pipeline_root)
    return run_node(ir, request.node_id, request.run_id)


def _has_remote_files(compiled: CompiledPipeline, request: NodeRequest) -> bool:
    from pipeline.config.pipeline_config import written_locations

    asked = (request.ir, request.pipeline_root, request.report_dir)
    return is_remote(*asked, *written_locations(compiled.config))


def _finish(compiled: CompiledPipeline, request: NodeRequest, result: NodeResult) -> int:
    """Write what was asked for, say how the node ended, and return the exit code."""
    if request.executor_input:
        from pipeline.runners.kubeflow.outputs import write_outputs

        write_outputs(request.executor_input, compiled, request.run_id, request.node_id)
    if _ends_run(compiled, request.node_id):
        _write_report(compiled, request, None)
    held_back = request.node_id == PUSHER and not _has_pushed(compiled, request.run_id)
    state = NOT_PUSHED if held_back else result.state
    say(f"{result.node_id}: {state} in {result.seconds:.1f} s")
    return request.not_pushed_exit_code if held_back else 0


def _ends_run(compiled: CompiledPipeline, node_id: str) -> bool:
    nodes = (node.pipeline_node for node in compiled.ir.nodes)
    return any(node.node_info.id == node_id and not node.downstream_nodes for node in nodes)


def _has_pushed(compiled: CompiledPipeline, run_id: str) -> bool:
    from pipeline.runners.run_files import read_records

    pushed = read_records(compiled, run_id)[PUSHER].output("pushed_model")
    return pushed is not None and bool(pushed.properties.get("pushed_destination"))


def _write_report(
    compiled: CompiledPipeline, request: NodeRequest, error: Exception | None
) -> None:
    if request.report_dir is None:
        return
    from pipeline.runners.run_files import write_run_files

    try:
        write_run_files(compiled, request.run_id, request.report_dir, error)
    except Exception:  # the node's own end must not depend on the report
        _logger.warning("the report cannot be written", exc_info=True)


def log_to_stderr(*, verbose: bool) -> None:
    """Log our own progress and the libraries' errors.

    Args:
        verbose: Also log the libraries' messages.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(PlainFormatter())
    logging.basicConfig(level=logging.INFO if verbose else logging.ERROR, handlers=[handler])
    logging.captureWarnings(capture=True)
    for package in _OWN_PACKAGES:
        logging.getLogger(package).setLevel(logging.INFO)
