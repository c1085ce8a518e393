"""Distinguish what a model server says about a model from failures of the server itself."""

import time
from dataclasses import dataclass
from typing import Any

import grpc
from tfx.components.infra_validator import error_types

from components.infra_validator.runner import LocalProcessRunner
from components.scarcity import is_shortage

_POLL_S = 0.25
_LOOK_S = 2.0
"""How often it is looked whether the server still runs while it loads."""

_SERVERS_OWN = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.ABORTED,
    }
)
"""Codes that say nothing about the model."""


@dataclass(frozen=True)
class Finding:
    """Why a model was not found servable.

    Attributes:
        reason: One clause, without the texts of requests.
        about_model: Whether it is the model's fault; else the machine's.
    """

    reason: str
    about_model: bool


def untried(reason: str) -> str:
    """Say that a model could not be tried.

    Args:
        reason: What failed, one clause.

    Returns:
        The sentence for the user.
    """
    told = " ".join(reason.split()).rstrip(".")
    return (
        f"InfraValidator could not try the model: {told}; this says nothing about the "
        "model, and the next run tries it again"
    )


def wait_until_loaded(client: Any, runner: LocalProcessRunner, deadline: float) -> None:
    """Wait until the model is loaded, as long as the server runs.

    Args:
        client: TFX's client of the server.
        runner: The server.
        deadline: Unix time.

    Raises:
        JobAborted: If the server ended.
        DeadlineExceeded: If the model is not loaded at the deadline.
        ValidationFailed: If the server could not load it.
    """
    while runner.is_running():
        try:
            client.WaitUntilModelLoaded(
                min(deadline, time.time() + _LOOK_S), polling_interval_sec=_POLL_S
            )
        except error_types.DeadlineExceeded:
            if time.time() >= deadline:
                raise
        except error_types.ValidationFailed as exc:
            raise error_types.ValidationFailed(f"{_clause(exc)}{_status(client)}") from None
        else:
            return
    raise error_types.JobAborted(runner.ending())


def judge(error: Exception, runner: LocalProcessRunner) -> Finding:
    """Judge an attempt that failed.

    Args:
        error: What the attempt ended with.
        runner: The server, not yet stopped.

    Returns:
        The reason, and whose fault it is.
    """
    if isinstance(error, error_types.DeadlineExceeded):
        hint = "`infra_validate.max_loading_time_s` allows more time"
        return Finding(f"{_clause(error)}; {hint}", about_model=False)
    if isinstance(error, error_types.JobAborted):
        return Finding(_clause(error), about_model=runner.refused_model())
    if isinstance(error, OSError):
        return Finding(
            f"the model server could not be started: {_clause(error)}", about_model=False
        )
    if not isinstance(error.__cause__, Exception):
        return Finding(_clause(error), about_model=not is_shortage(str(error)))
    return _judge_answer(error.__cause__, runner)


def _judge_answer(cause: Exception, runner: LocalProcessRunner) -> Finding:
    if not isinstance(cause, grpc.Call):  # the error around it quotes the request
        kind = type(cause).__name__
        return Finding(f"the request could not be sent: {kind}", about_model=False)
    if not runner.is_running():
        return Finding(runner.ending(), about_model=False)
    code, details = cause.code(), str(cause.details())
    fault = code not in _SERVERS_OWN and not is_shortage(details)
    return Finding(f"the server answered {code.name}: {details}", about_model=fault)


def _status(client: Any) -> str:
    """Ask the server why it could not load the model."""
    try:
        versions = client._GetModelStatus().model_version_status
    except grpc.RpcError:
        return ""
    said = [version.status.error_message for version in versions]
    return "".join(f": {' '.join(message.split())}" for message in said if message)


def _clause(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
