"""What MLflow reads from the environment: set before it is imported."""

import getpass
import os

_SETTINGS = {
    # Its client collects what is called in it, and sends that to a service on the Internet.
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
_DEFAULTS = {
    # A server that is away is told of in seconds; MLflow alone would try for minutes.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_CONFIGURE_LOGGING": "false",
}


def prepare_mlflow() -> None:
    """Let MLflow report nothing, say nothing of its own and wait for no one for long."""
    os.environ.update(_SETTINGS)
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)


def run_user() -> str:
    """Say who runs this process: `$BERT_AAS_USER`, else the login, else `unknown`."""
    try:
        return os.environ.get("BERT_AAS_USER") or getpass.getuser()
    except (OSError, KeyError):  # a container whose user has no name
        return "unknown"


def container_image() -> str:
    """Say in which container image this process runs, where `$BERT_AAS_IMAGE` says so."""
    return os.environ.get("BERT_AAS_IMAGE", "")
