"""Serve a pushed model from a notebook, over REST and gRPC."""

import contextlib
import time
import weakref
from pathlib import Path
from types import TracebackType

from bert_aas.contracts.names import SERVED_MODEL_NAME
from components.infra_validator.runner import LocalProcessRunner, free_port
from pipeline.runners.notebook.errors import NotebookError
from serving.client import ClientError, GrpcClient, RestClient

_POLL_S = 0.2


class ServedModel:
    """A running model server, until `stop`, the end of the kernel, or the last name for it is gone.

    It is `tensorflow_model_server` where that is on the PATH, else the project's own.

    Attributes:
        name: The model's name on the server.
        rest_url: Address of the REST interface; its root is a page to try the model.
        grpc_address: Address of the gRPC interface, `host:port`.
    """

    def __init__(self, runner: LocalProcessRunner, name: str, rest_port: int) -> None:
        """Take a started server over.

        Args:
            runner: Its process.
            name: The model's name.
            rest_port: Its REST port.
        """
        self.name = name
        self.rest_url = f"http://127.0.0.1:{rest_port}"
        self.grpc_address = runner.GetEndpoint()
        self._end = weakref.finalize(self, runner.Stop)

    def __repr__(self) -> str:
        return f"<ServedModel {self.name!r}: REST {self.rest_url}, gRPC {self.grpc_address}>"

    def __enter__(self) -> "ServedModel":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def rest(self) -> RestClient:
        """Return a client over REST."""
        return RestClient(self.rest_url, model=self.name)

    def grpc(self) -> GrpcClient:
        """Return a client over gRPC."""
        return GrpcClient(self.grpc_address, model=self.name)

    def stop(self) -> None:
        """End the server."""
        self._end()


def serve(
    model_dir: str | Path, name: str = SERVED_MODEL_NAME, timeout_s: float = 60
) -> ServedModel:
    """Start a model server on free ports and wait until it answers.

    Args:
        model_dir: Folder of versions, as the Pusher writes it.
        name: Name under which it is served.
        timeout_s: How long it may take to load.

    Returns:
        The server.

    Raises:
        NotebookError: If there is no such folder, or the server does not come up in time.
    """
    if not Path(model_dir).is_dir():
        raise NotebookError(f"{model_dir} is not a folder; the Pusher makes it for a blessed model")
    rest_port = free_port()
    runner = LocalProcessRunner(str(model_dir), name, rest_port)
    runner.Start()
    served = ServedModel(runner, name, rest_port)
    try:
        ready = _wait(runner, served, timeout_s)
    except BaseException:
        served.stop()
        raise
    if ready:
        return served
    last = runner.last_line()
    served.stop()
    raise NotebookError(f"the server of {model_dir} is not ready after {timeout_s:g} s: {last}")


def _wait(runner: LocalProcessRunner, served: ServedModel, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline and runner.is_running():
        with contextlib.suppress(ClientError), served.rest() as client:
            if client.is_ready():
                return True
        time.sleep(_POLL_S)
    return False
