"""What the server is told at start; the only place of `serving` that touches the environment."""

import os
from dataclasses import dataclass
from pathlib import Path

from serving.errors import SettingsError

_MAX_PORT = 65535


@dataclass(frozen=True)
class ServerSettings:
    """Settings of one server process; names and defaults follow `tensorflow_model_server`.

    Attributes:
        model_base_path: Folder whose children, named by numbers, are SavedModel versions.
        model_name: Name under which clients ask for the model.
        host: Address to listen on; loopback unless told otherwise.
        port: gRPC port; 0 picks a free one.
        rest_api_port: REST port; 0 picks a free one, None starts no REST server.
        file_system_poll_wait_seconds: Pause between two looks at the base path; 0 or less looks
            only once.
        shutdown_grace_s: How long requests in flight may take to finish after a stop, seconds.
    """

    model_base_path: Path
    model_name: str = "default"
    host: str = "127.0.0.1"
    port: int = 8500
    rest_api_port: int | None = 8501
    file_system_poll_wait_seconds: float = 1.0
    shutdown_grace_s: float = 30.0

    def validate(self) -> None:
        """Check the values against each other and against the disk.

        Raises:
            SettingsError: If a value cannot work; the message names the flag.
        """
        if not self.model_name:
            raise SettingsError("--model_name is empty; give the name clients will ask for.")
        if not self.model_base_path.is_dir():
            raise SettingsError(
                f"--model_base_path {self.model_base_path} is not a folder; give the folder that "
                "holds the version folders (1, 2, ...)."
            )
        self._check_ports()

    def _check_ports(self) -> None:
        for flag, port in (("--port", self.port), ("--rest_api_port", self.rest_api_port or 0)):
            if not 0 <= port <= _MAX_PORT:
                raise SettingsError(f"{flag} is {port}; allowed are 0 to {_MAX_PORT}.")
        if self.port and self.port == self.rest_api_port:
            raise SettingsError(
                f"--port and --rest_api_port are both {self.port}; give two different ports."
            )


def silence_tensorflow() -> None:
    """Mute TensorFlow's C++ start-up messages; has an effect only before TensorFlow's import.

    A level that the user has set in `TF_CPP_MIN_LOG_LEVEL` stays.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
