"""A real MLflow server on loopback, and a gate before it that can be shut in the middle."""

import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from bert_aas.contracts.processes.children import ChildProcess

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / ".venv-mlflow" / "bin" / "python"
_TIMEOUT_S = 300.0
_QUIET = (
    "MLFLOW_DISABLE_TELEMETRY=true",
    "DO_NOT_TRACK=true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false",
)


class Gate:
    """Passes connections on to a server; once shut, it cuts them and takes no more."""

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._door = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._is_shut = False
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def shut(self) -> None:
        """Let the server be away from now on."""
        self._is_shut = True
        for each in list(self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def open(self) -> None:
        """Let the server be there again."""
        self._is_shut = False

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._door.accept()
                if self._is_shut:
                    near.close()
                    continue
                far = socket.create_connection(self._target)
                self._open |= {near, far}
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=_pass_on, args=(one, other), daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._door.close()


@contextmanager
def mlflow_server(folder: Path) -> Iterator[Gate]:
    """Start a server with a SQLite file and a folder for files.

    Args:
        folder: Where both lie.

    Yields:
        The gate before it.
    """
    if not PYTHON.is_file():
        pytest.skip("there is no .venv-mlflow: `make setup-mlflow` builds it, as `make test` does")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = {
        "backend-store-uri": f"sqlite:///{folder}/mlflow.db",
        "artifacts-destination": str(folder / "files"),
        "host": "127.0.0.1",
        "port": str(port),
        "workers": "1",
    }
    command = ["env", *_QUIET, str(PYTHON), "-m", "mlflow", "server"]
    command += [f"--{name}={value}" for name, value in options.items()]
    with (folder / "server.log").open("w") as log:
        child = ChildProcess(command, cwd=folder, stdout=log, stderr=log)
    gate = Gate(port)
    try:
        _wait(port, folder / "server.log")
        yield gate
    finally:
        gate.close()
        child.stop()


def _wait(port: int, log: Path) -> None:
    until = time.monotonic() + _TIMEOUT_S
    while time.monotonic() < until:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/health"):
            return
        time.sleep(0.1)
    pytest.fail(f"MLflow's server does not answer: {log.read_text()[-2000:]}")


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    for each in (one, other):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
