"""The rungs of the serving ladder: servers in processes of their own, all answering over HTTP."""

import importlib.util
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.http_load import HTTP_OK, LoadError, ask, post
from serving.settings import flags

ROOT = Path(__file__).resolve().parents[1]
NAME = "bert"
START_LIMIT_S = 120.0
STOP_LIMIT_S = 60
POLL_S = 0.2
HELLO = "Hello."
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
        model: Folder of version folders.
        fixed: The same, padding every text.
        weights: What `export_weights` wrote.
    """

    model: Path
    fixed: Path
    weights: Path


@dataclass(frozen=True)
class Rung:
    """A server that was started, and how to ask it.

    Attributes:
        title: Its name in the table.
        port: Where it listens.
        flask: Whether it speaks the Flask program's protocol, not TensorFlow Serving's.
    """

    title: str
    port: int
    flask: bool = False

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
    title: str, python: Path, weights: Path, length: int, settings: GunicornSettings
) -> Iterator[Rung]:
    """Run the Flask program under gunicorn until the end of the block.

    Args:
        title: The rung's name.
        python: The interpreter of `.venv-bench`.
        weights: What `export_weights` wrote.
        length: Tokens that each text is padded to.
        settings: Workers and threads.

    Yields:
        The rung, ready for requests.
    """
    port = _free_port()
    app = FLASK_APP.format(
        folder=weights.resolve(), length=length, torch_threads=settings.torch_threads
    )
    command = ["env", f"OMP_NUM_THREADS={settings.torch_threads}", "TOKENIZERS_PARALLELISM=false"]
    command += [str(python), "-m", "gunicorn", f"--bind=127.0.0.1:{port}", "--worker-class=gthread"]
    command += [f"--workers={settings.workers}", f"--threads={settings.threads}"]
    command += ["--log-level=error", app]
    with _running(command, Rung(title, port, flask=True)) as rung:
        yield rung


@contextmanager
def served_rung(title: str, model: Path, *extra: str) -> Iterator[Rung]:
    """Run our server until the end of the block.

    Args:
        title: The rung's name.
        model: Folder of version folders.
        extra: More flags.

    Yields:
        The rung, ready for requests.
    """
    port = _free_port()
    command = [sys.executable, "-m", "serving", f"--model_base_path={model}"]
    command += [f"--model_name={NAME}", "--port=0", f"--rest_api_port={port}"]
    command += ["--file_system_poll_wait_seconds=0", *extra]
    with _running(command, Rung(title, port)) as rung:
        yield rung


def our_rungs(folders: ModelFolders, length: int) -> tuple[list[Any], list[str]]:
    """List what this checkout and this model can do, step by step.

    Args:
        folders: The model.
        length: Tokens that the fixed shape pads to.

    Returns:
        The rungs as unopened contexts, and a line for each that is left out.
    """
    alone = "--enable_text_batching=false"
    engine = ["--engine=tensorflow"] if _has_engines() else []
    rungs = [
        served_rung(f"SavedModel, padded to {length}", folders.fixed, alone, *engine),
        served_rung("dynamic shape", folders.model, alone, *engine),
    ]
    missing = _why_no_openvino(folders.model)
    if missing:
        rungs.append(served_rung("batching", folders.model, *engine))
        return rungs, [f"left out: lower precision ({missing})"]
    rungs.append(served_rung("lower precision", folders.model, alone, "--engine=openvino"))
    rungs.append(served_rung("batching", folders.model, "--engine=openvino"))
    return rungs, []


def open_all(contexts: Sequence[Any], stack: ExitStack) -> list[Rung]:
    """Start servers one after another; the stack stops them."""
    return [stack.enter_context(context) for context in contexts]


def _has_engines() -> bool:
    """Tell whether the server of this checkout knows the flag `--engine`."""
    return any(each.name == "engine" for each in flags())


def _why_no_openvino(model: Path) -> str:
    """Say why the lower precision cannot be served; empty if it can."""
    if not _has_engines():
        return "this server has no flag --engine"
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
            yield rung
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
