"""Start a model server as a child process; TFX itself knows only Docker and Kubernetes."""

import contextlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

from tfx.components.infra_validator import error_types
from tfx.components.infra_validator.model_server_runners import base_runner

from bert_aas.contracts.processes.children import ChildProcess
from components.scarcity import is_shortage

TENSORFLOW_MODEL_SERVER = "tensorflow_model_server"
OWN_SERVER = "the project's own model server"
_NOT_AVAILABLE = "did not become available"
_GRACE_S = 10.0
_POLL_S = 0.1


class LocalProcessRunner(base_runner.BaseModelServerRunner):
    """Runs `tensorflow_model_server` if it is on the PATH, else the project's own server."""

    def __init__(
        self,
        model_base_path: str,
        model_name: str,
        rest_port: int = 0,
    ) -> None:
        """Describe the server.

        Args:
            model_base_path: Folder with the model's version folder.
            model_name: Name under which it is served.
            rest_port: Port of its REST interface; 0 for none: the default port may be taken by a
                user's own server.
        """
        # Absolute: the server runs in another folder.
        self._model_base_path = Path(model_base_path).absolute()
        self._model_name = model_name
        self._port = free_port()
        self._rest_port = rest_port
        self._process: ChildProcess | None = None
        self._log: IO[bytes] | None = None

    def __repr__(self) -> str:
        return f"LocalProcessRunner({self.command()[0]}, model={self._model_name})"

    @property
    def server(self) -> str:
        """Name the server for people."""
        return TENSORFLOW_MODEL_SERVER if shutil.which(TENSORFLOW_MODEL_SERVER) else OWN_SERVER

    def command(self) -> list[str]:
        """Return the command line of the server."""
        binary = shutil.which(TENSORFLOW_MODEL_SERVER)
        program = [binary] if binary else [sys.executable, "-m", "serving"]
        return [
            *program,
            f"--port={self._port}",
            "--max_num_load_retries=0",  # upstream would try for five minutes
            f"--rest_api_port={self._rest_port}",
            f"--model_name={self._model_name}",
            f"--model_base_path={self._model_base_path}",
        ]

    def GetEndpoint(self) -> str:  # noqa: N802 - TFX's name
        """Return the gRPC address."""
        return f"127.0.0.1:{self._port}"

    def Start(self) -> None:  # noqa: N802 - TFX's name
        """Start the process; it ends with this one, and interrupts of this one leave it alone."""
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed in Stop
        root = Path(__file__).resolve().parents[2]
        self._process = ChildProcess(
            self.command(), stdout=self._log, stderr=subprocess.STDOUT, cwd=root
        )

    def WaitUntilRunning(self, deadline: float) -> None:  # noqa: N802 - TFX's name
        """Wait until the gRPC port is open.

        Args:
            deadline: Unix time.

        Raises:
            JobAborted: If the server ended; `refused_model` tells whether because of the model.
            DeadlineExceeded: If the port is still closed at the deadline.
        """
        while time.time() < deadline:
            if not self.is_running():
                raise error_types.JobAborted(self.ending())
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self._port), timeout=1),
            ):
                return
            time.sleep(_POLL_S)
        raise error_types.DeadlineExceeded("the model server did not open its port in time")

    def Stop(self) -> None:  # noqa: N802 - TFX's name
        """End the process, forcibly after a grace period."""
        if self._process is not None:
            self._process.stop(_GRACE_S)
        if self._log is not None:
            self._log.close()

    def GetLogs(self) -> str | None:  # noqa: N802 - TFX's name
        """Return what the server printed."""
        if self._log is None or self._log.closed:
            return None
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def is_running(self) -> bool:
        """Return whether the process is there."""
        return self._process is not None and self._process.is_running

    def refused_model(self) -> bool:
        """Return whether the server ended because it could not load the model.

        Any other end is no statement about the model: a crash, a port that is taken, too little
        memory, a library that is missing.

        Source:
            TensorFlow Serving, `ServerCore::WaitUntilModelsAvailable`.
        """
        ended = self._process is not None and (self._process.poll() or 0) > 0
        return ended and _NOT_AVAILABLE in self.last_line() and not is_shortage(self.last_line())

    def ending(self) -> str:
        """Say how the server ended, for messages."""
        code = self._process.poll() if self._process is not None else None
        by = f" by {signal.Signals(-code).name}" if code is not None and code < 0 else ""
        return f"the model server ended{by}: {self.last_line()}"

    def last_line(self) -> str:
        """Return what the server printed last, for messages."""
        lines = [line for line in (self.GetLogs() or "").splitlines() if line.strip()]
        return lines[-1] if lines else "it printed nothing"


def free_port() -> int:
    """Return a free TCP port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
