"""What MLflow reads from the environment: set before it is imported."""

import os

_SETTINGS = {
    # Its client collects what is called in it, and sends that to a service on the Internet.
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
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
