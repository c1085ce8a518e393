"""What `bert-aas compile` does: compile, and write what an orchestrator reads."""

import importlib
from collections.abc import Callable
from pathlib import Path

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.atomic import write_text
from bert_aas.contracts.plain_text import printable
from pipeline.config.pipeline_config import PipelineConfig, located
from pipeline.config.preflight import check_places
from pipeline.environment import quiet_libraries
from pipeline.graph.compiled import CompiledPipeline
from pipeline.graph.shape.drawing import to_dot, to_mermaid
from pipeline.graph.shape.topology import Topology

_DRAWINGS: dict[str, Callable[[Topology], str]] = {"dot": to_dot, "mermaid": to_mermaid}
_PRINTED = Path("-")


def write_package(runner: str, config: PipelineConfig, path: Path, *, enable_cache: bool) -> str:
    """Compile a configuration for a runner.

    Args:
        runner: `airflow`, `kubeflow`, `vertex`, `dot` or `mermaid`.
        config: The checked configuration.
        path: What to write; `-` for a drawing to be returned.
        enable_cache: Whether nodes may take their outputs from earlier, equal executions.

    Returns:
        What to tell the user.

    Raises:
        InvalidInputError: If the runner could not run it, or nothing can be written there.
    """
    try:
        return _write(runner, located(config), path, enable_cache=enable_cache)
    except OSError as exc:
        reason = exc.strerror or exc
        raise InvalidInputError(f"--output {path} cannot be written: {reason}") from exc


def _write(runner: str, config: PipelineConfig, path: Path, *, enable_cache: bool) -> str:
    check_places(config)
    quiet_libraries()
    # TFX takes many seconds to import; refused input must not wait for it.
    from components.example_validator.anomalies import check_names
    from pipeline.graph.compiling import compile_config

    check_names(config.validate_data.stop_on)
    if runner == "vertex":
        from pipeline.runners.vertex import write_job

        return write_job(config, path, enable_cache=enable_cache)
    compiled = compile_config(config, enable_cache=enable_cache)
    if runner in _DRAWINGS:
        return _draw(_DRAWINGS[runner](compiled.topology()), path)
    module = importlib.import_module(f"pipeline.runners.{runner}.package")
    write: Callable[[CompiledPipeline, Path], str] = module.write_package
    return write(compiled, path)


def _draw(drawing: str, path: Path) -> str:
    if path == _PRINTED:
        return drawing
    write_text(path, drawing)
    return f"wrote {printable(path)}\n"
