"""Try to optimize a model; if that is not possible, the run continues with the model as it is."""

import logging
from pathlib import Path

from bert_aas.contracts.errors import InvalidInputError, UnavailableError
from components.optimizer.manifest import empty_folder, write_manifest
from components.optimizer.messages import brief
from components.optimizer.params import OptimizeParams
from components.scarcity import is_shortage
from models.training.progress.progress_lines import PROGRESS_LOGGER


def try_to_optimize(model: Path, examples: str, params: OptimizeParams) -> None:
    """Put faster forms of a classifier beside it, and always a manifest that says what came of it.

    Args:
        model: The SavedModel; `assets.extra/openvino` is added to it.
        examples: Glob of transformed examples to compare with.
        params: When a faster form is good enough, and whether there must be one.

    Raises:
        InvalidInputError: If there is none, and `optimize.required` asks for one.
        UnavailableError: If the machine failed, not the conversion: the next run may succeed.
    """
    try:
        # OpenVINO and TensorFlow are not needed where the component is only declared.
        from components.optimizer.optimizing import optimize  # noqa: PLC0415

        verdicts = optimize(model, examples, params)
    except (ImportError, RuntimeError, InvalidInputError) as exc:  # OpenVINO raises RuntimeError
        if _is_the_machines(exc):
            raise UnavailableError(
                f"the Optimizer could not try to convert the model: {brief(exc)}; the next "
                "run tries again, and `optimize.enabled: false` runs without the Optimizer"
            ) from exc
        reason = f"the model cannot be converted: {brief(exc)}"
        empty_folder(model)
        write_manifest(model, {}, [], reason)
        cause: Exception | None = exc
    else:
        first, verdict = next(iter(verdicts.items()))
        if verdict.kept:
            _tell(f"the server's first choice is {first.name}: {verdict.reason}")
            return
        said = [f"{found.name}: {verdict.reason}" for found, verdict in verdicts.items()]
        reason, cause = f"no form of the model was kept ({'; '.join(said)})", None
    if params.required:
        raise InvalidInputError(f"`optimize.required` is true, but {reason}") from cause
    _tell(f"the run continues without a faster form of the model: {reason}")


def _is_the_machines(error: Exception) -> bool:
    """Tell a failure that the next run need not meet from what OpenVINO says of the model."""
    if isinstance(error, ModuleNotFoundError):  # its release is in the cache key, as is its absence
        return False
    return isinstance(error, ImportError | UnavailableError) or is_shortage(str(error))


def _tell(sentence: str) -> None:
    """Show the user a line, whatever the log level."""
    logging.getLogger(PROGRESS_LOGGER).info(sentence)
