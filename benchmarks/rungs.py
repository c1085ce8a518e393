"""The rungs of the serving ladder: servers in processes of their own, all answering over HTTP."""

import importlib.util
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.chosen_models import ROOT
from benchmarks.http_load import HTTP_OK, LoadError, ask, post

NAME = "bert"
START_LIMIT_S = 120.0
STOP_LIMIT_S = 60
POLL_S = 0.2
HELLO = "Hello."
FLASK = "Flask + PyTorch"
REFERENCE = "dynamic shape"
FLASK_APP = 'benchmarks.baselines.flask_pytorch:create_app("{folder}", {length}, {torch_threads})'


@dataclass(frozen=True)
class GunicornSettings:
    """How the processor's cores are shared out."""

    workers: int
    threads: int
    torch_threads: int

    def __str__(self) -> str:
        """Write the settings for a table."""
        parts = f"{self.workers} workers x {self.threads} threads"
        return f"{parts}, {self.torch_threads} threads per operation"


@dataclass(frozen=True)
class ModelFolders:
    """One model in the forms that the rungs want.

    Attributes:
        name: What the tables call it.
        model: Folder of version folders.
        fixed: The same, padding every text.
        weights: What `export_weights` wrote.
    """

    name: str
    model: Path
    fixed: Path
    weights: Path


@dataclass(frozen=True)
class Rung:
    """A server that was started, and how to ask it.

    Attributes:
        model: The model's name.
        kind: What it does with the model.
        port: Where it listens.
        flask: Whether it speaks the Flask program's protocol, not TensorFlow Serving's.
        grpc_port: Where it listens for gRPC; 0 where it does not.
        pid: Its process.
    """

    model: str
    kind: str
    port: int
    flask: bool = False
    grpc_port: int = 0
    pid: int = 0

    @property
    def title(self) -> str:
        """Return its name in the tables."""
        return f"{self.model}: {self.kind}"

    def request(self, text: str) -> bytes:
        """Write the request that classifies a text."""
        if self.flask:
            return post("/predict", json.dumps({"text": text}).encode())
        body = json.dumps({"instances": [text]}).encode()
        return post(f"/v1/models/{NAME}:predict", body)

    def classify(self, text: str) -> dict[str, float]:
        """Classify a text.

        Args:
            text: Any.

        Returns:
            The probability of each class.

        Raises:
            LoadError: If the answer is not 200.
        """
        answer = ask(self.port, self.request(text))
        if answer.status != HTTP_OK:
            raise LoadError(f"HTTP {answer.status}: {answer.body[:200]!r}")
        found = json.loads(answer.body)
        row = found if self.flask else found["predictions"][0]
        return dict(zip(row["classes"], row["probabilities"], strict=True))


@contextmanager
def flask_rung(
    folders: ModelFolders, python: Path, length: int, settings: GunicornSettings
) -> Iterator[Rung]:
    """Run the Flask program under gunicorn until the end of the block.

    Args:
        folders: The model.
        python: The interpreter of `.venv-bench`.
        length: Tokens that each text is padded to.
        settings: Workers and threads.

    Yields:
        The rung, ready for requests.
    """
    port = _free_port()
    app = FLASK_APP.format(
        folder=folders.weights.resolve(), length=length, torch_threads=settings.torch_threads
    )
    command = ["env", f"OMP_NUM_THREADS={settings.torch_threads}", "TOKENIZERS_PARALLELISM=false"]
    command += [str(python), "-m", "gunicorn", f"--bind=127.0.0.1:{port}", "--worker-class=gthread"]
    command += [f"--workers={settings.workers}", f"--threads={settings.threads}"]
    command += ["--log-level=error", app]
    kind = f"{FLASK}, padded to {length}"
    with _running(command, Rung(folders.name, kind, port, flask=True)) as rung:
        yield rung


@contextmanager
def served_rung(name: str, kind: str, model: Path, *extra: str) -> Iterator[Rung]:
    """Run our server until the end of the block.

    Args:
        name: The model's name.
        kind: What the rung does with it.
        model: Folder of version folders.
        extra: More flags.

    Yields:
        The rung, ready for requests.
    """
    port, grpc_port = _free_port(), _free_port()
    command = [sys.executable, "-m", "serving", f"--model_base_path={model}"]
    command += [f"--model_name={NAME}", f"--port={grpc_port}", f"--rest_api_port={port}"]
    command += ["--file_system_poll_wait_seconds=0", *extra]
    with _running(command, Rung(name, kind, port, grpc_port=grpc_port)) as rung:
        yield rung


def our_rungs(folders: ModelFolders, length: int) -> tuple[list[Any], list[str]]:
    """List what this checkout and this model can do, step by step.

    Args:
        folders: The model.
        length: Tokens that the fixed shape pads to.

    Returns:
        The rungs as unopened contexts, and a line for each that is left out.
    """
    name, model = folders.name, folders.model
    alone, engine = "--enable_text_batching=false", "--engine=tensorflow"
    rungs = [
        served_rung(name, f"SavedModel, padded to {length}", folders.fixed, alone, engine),
        served_rung(name, REFERENCE, model, alone, engine),
    ]
    missing = _why_no_openvino(model)
    if missing:
        rungs.append(served_rung(name, "batching", model, engine))
        return rungs, [f"left out: {name}: lower precision ({missing})"]
    engine = "--engine=openvino"
    rungs.append(served_rung(name, "lower precision", model, alone, engine))
    rungs.append(served_rung(name, "batching", model, engine))
    return rungs, []


def open_all(contexts: Sequence[Any], stack: ExitStack) -> list[Rung]:
    """Start servers one after another; the stack stops them."""
    return [stack.enter_context(context) for context in contexts]


def _why_no_openvino(model: Path) -> str:
    """Say why the lower precision cannot be served; empty if it can."""
    if importlib.util.find_spec("openvino") is None:
        return "the package openvino is not installed"
    if not any(model.glob("*/assets.extra/**/*.xml")):
        return f"{model} has no OpenVINO variant in assets.extra"
    return ""


@contextmanager
def _running(command: Sequence[str], rung: Rung) -> Iterator[Rung]:
    """Run a server; it is ready when it classifies."""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        try:
            _wait_until_ready(process, rung)
            yield replace(rung, pid=process.pid)
        finally:
            process.terminate()
            process.wait(STOP_LIMIT_S)


def _wait_until_ready(process: "subprocess.Popen[bytes]", rung: Rung) -> None:
    """Wait for the first good answer."""
    end = time.monotonic() + START_LIMIT_S
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SystemExit(f"{rung.title}: the server ended with {process.returncode}.")
        try:
            rung.classify(HELLO)
        except (OSError, LoadError):
            time.sleep(POLL_S)
        else:
            return
    raise SystemExit(f"{rung.title}: no answer within {START_LIMIT_S:.0f} s.")


def _free_port() -> int:
    """Return a port that nobody uses at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
