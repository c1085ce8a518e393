"""One process that runs a script, and the conversation with it."""

import contextlib
import fcntl
import json
import logging
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from bert_aas.contracts.processes.children import ChildProcess
from serving.errors import Code, DeadlineExceededError, ServingError
from serving.scripts.script import (
    AskModel,
    ScriptAnswer,
    ScriptOptions,
    ScriptPlace,
    ScriptRequest,
)

logger = logging.getLogger(__name__)

_PROGRAM = Path(__file__).with_name("program.py")
_HEAD = struct.Struct(">II")
_MAX_HEAD = 64 * 1024
_MAX_BODY = 100 * 1024 * 1024
_CHUNK = 1024 * 1024
_SET_PIPE_SIZE = 1031  # Linux's F_SETPIPE_SZ
_LARGE = 32 * 1024  # bytes; who prints less at a time is not slowed
_PAUSE_S = 0.005  # after each large chunk: a script that prints for ever costs the server little
_LINES, _PERIOD_S = 100, 10.0  # that are logged in each period
_LONGEST_LINE = 500
_GRACE_S = 1.0
_SERVER_ERROR = 500


class ScriptError(ServingError):
    """What a script raised, with the HTTP status that it chose.

    Attributes:
        ends_process: Whether its process ends with it, as after a lack of memory.
    """

    def __init__(self, status: int, message: str, ends_process: bool = False) -> None:
        """Keep the status."""
        self.ends_process = ends_process
        code = Code.INTERNAL if status >= _SERVER_ERROR else Code.INVALID_ARGUMENT
        super().__init__(code, message)
        self._status = status

    @property
    def http_status(self) -> int:
        """Return the status."""
        return self._status


class BrokenScriptError(ServingError):
    """A script that cannot be loaded."""

    @property
    def http_status(self) -> int:
        """Return 500: the client is not to blame."""
        return 500


class WorkerLostError(ServingError):
    """A process that has ended, or talks nonsense."""


class ScriptWorker:
    """A process with one script; asked by one thread at a time."""

    def __init__(self, name: str, place: ScriptPlace, options: ScriptOptions) -> None:
        """Start the process; `wait_until_ready` follows.

        Args:
            name: The model's, for messages.
            place: The script.
            options: How it runs.

        Raises:
            WorkerLostError: If the system starts no process.
        """
        self._name = name
        self._connection, theirs = socket.socketpair()
        arguments = (str(place.file), str(place.model_dir), str(options.memory_bytes))
        try:
            self._process = ChildProcess(
                [sys.executable, str(_PROGRAM), *arguments],
                grace_s=_GRACE_S,
                env=options.environment,
                stdin=theirs,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=place.file.parent,
            )
        except OSError as exc:
            self._connection.close()
            raise self._lost(f"could not be started: {exc.strerror}") from exc
        finally:
            theirs.close()
        threading.Thread(target=self._log_output, name=f"script-{name}", daemon=True).start()

    def wait_until_ready(self, deadline: float) -> None:
        """Wait until the script is loaded.

        Args:
            deadline: When to give up, in seconds of `time.monotonic`.

        Raises:
            BrokenScriptError: If it cannot be.
            DeadlineExceededError: At the deadline.
            WorkerLostError: If the process ended.
        """
        head, _ = self._receive(deadline)
        if head["kind"] == "broken":
            raise BrokenScriptError(
                Code.FAILED_PRECONDITION,
                f"The inference.py of model {self._name} cannot be loaded: {head.get('message')}",
            )

    def run(self, request: ScriptRequest, ask: AskModel, deadline: float) -> ScriptAnswer:
        """Let the script answer a request.

        Args:
            request: The request.
            ask: Asks the served model.
            deadline: When to give up, in seconds of `time.monotonic`.

        Returns:
            Its answer.

        Raises:
            ScriptError: If it raised.
            DeadlineExceededError: At the deadline; the process is of no use any more.
            WorkerLostError: If the process ended; the same.
        """
        asked = {
            "content_type": request.content_type,
            "accept": request.accept,
            "context": dict(request.context),
        }
        self._send(asked, request.body, deadline)
        while True:
            head, body = self._receive(deadline)
            if head["kind"] == "answer":
                return ScriptAnswer(body, str(head.get("content_type")))
            if head["kind"] != "ask":
                raise self._raised(head)
            status, content = ask(body)
            self._send({"status": status}, content, deadline)

    def _raised(self, head: dict[str, Any]) -> ServingError:
        """Return what a script raised, which it tells in a frame."""
        status, message = head.get("status"), head.get("message")
        if head["kind"] != "error" or not isinstance(status, int) or not isinstance(message, str):
            return self._lost("sent nonsense")
        return ScriptError(status, message, bool(head.get("exhausted")))

    def is_alive(self) -> bool:
        """Tell whether the process still runs."""
        return self._process.is_running

    def stop(self) -> None:
        """End the process, with all that it started."""
        self._connection.close()
        self._process.stop(_GRACE_S)

    def _send(self, head: dict[str, Any], body: bytes, deadline: float) -> None:
        text = json.dumps(head).encode()
        with self._talking(deadline):
            self._connection.sendall(_HEAD.pack(len(text), len(body)) + text)
            self._connection.sendall(body)

    def _receive(self, deadline: float) -> tuple[dict[str, Any], bytes]:
        with self._talking(deadline):
            head_length, body_length = _HEAD.unpack(self._read(_HEAD.size, deadline))
            if head_length > _MAX_HEAD or body_length > _MAX_BODY:
                raise self._lost("sent too much")
            head = json.loads(self._read(head_length, deadline))
            body = self._read(body_length, deadline)
        if not isinstance(head, dict) or not isinstance(head.get("kind"), str):
            raise self._lost("sent nonsense")
        return head, body

    @contextlib.contextmanager
    def _talking(self, deadline: float) -> Any:
        self._connection.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            yield
        except TimeoutError as exc:
            raise DeadlineExceededError(
                f"The inference.py of model {self._name} did not answer in time"
            ) from exc
        except (OSError, ValueError) as exc:
            raise self._lost("has ended in the middle of a request") from exc

    def _read(self, count: int, deadline: float) -> bytes:
        parts = []
        while count:
            self._connection.settimeout(max(0.001, deadline - time.monotonic()))
            part = self._connection.recv(min(count, _CHUNK))
            if not part:
                raise self._lost("has ended in the middle of a request")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def _lost(self, what: str) -> WorkerLostError:
        return WorkerLostError(
            Code.INTERNAL, f"The process of the inference.py of model {self._name} {what}"
        )

    def _log_output(self) -> None:
        """Log what the script prints, as far as it is not too much, and let the rest go."""
        output = self._process.stdout
        left, ends = _LINES, time.monotonic() + _PERIOD_S
        with contextlib.suppress(OSError, ValueError):
            if output is not None:
                fcntl.fcntl(output.fileno(), _SET_PIPE_SIZE, _CHUNK)
            while output is not None and (chunk := os.read(output.fileno(), _CHUNK)):
                if time.monotonic() >= ends:
                    left, ends = _LINES, time.monotonic() + _PERIOD_S
                for line in chunk[: left * _LONGEST_LINE].splitlines()[:left]:
                    text = line[:_LONGEST_LINE].decode("utf-8", "backslashreplace")
                    logger.info("Model %s, inference.py: %s", self._name, text)
                    left -= 1
                if len(chunk) >= _LARGE:
                    time.sleep(_PAUSE_S)
        if output is not None:
            output.close()
