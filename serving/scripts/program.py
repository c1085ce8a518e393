"""Runs one `inference.py`; the server starts this file as a program of its own.

It needs the standard library alone, and NumPy where the user's code leaves the formats to it.
Standard input is the server's end of a conversation in frames: a head in JSON and a body of bytes.
Nothing that comes is ever unpickled.

Source:
    SageMaker's inference toolkit (`model_fn`, `input_fn`, `predict_fn`, `output_fn`,
    `transform_fn`); the TensorFlow Serving container (`handler`, `input_handler`,
    `output_handler`).
"""

import importlib.util
import inspect
import io
import json
import os
import resource
import socket
import struct
import sys
import traceback
from collections import namedtuple
from pathlib import Path
from types import ModuleType
from typing import Any

_HEAD = struct.Struct(">II")
_JSON = "application/json"
_CSV = "text/csv"
_NPY = "application/x-npy"
_NPZ = "application/x-npz"
_UTF8_TYPES = frozenset({_JSON, _CSV, "application/jsonlines", "text/plain"})
_OK = 200
_CANNOT_RUN = 500
_NICE = 5  # plain models come first
_LOWEST_ERROR, _HIGHEST_ERROR = 400, 599

Context = namedtuple(
    "Context",
    "model_name, model_version, method, rest_uri, grpc_port, channel, custom_attributes, "
    "request_content_type, accept_header, content_length",
)


class RefusedError(Exception):
    """A request that the formats of this program do not know."""

    def __init__(self, status_code: int, message: str) -> None:
        """Keep the HTTP status."""
        super().__init__(message)
        self.status_code = status_code


class Line:
    """The conversation with the server."""

    def __init__(self, connection: socket.socket) -> None:
        """Take a connected socket."""
        self._connection = connection

    def send(self, head: dict[str, Any], body: bytes = b"") -> None:
        """Send a frame."""
        text = json.dumps(head).encode()
        self._connection.sendall(_HEAD.pack(len(text), len(body)) + text)
        self._connection.sendall(body)

    def receive(self) -> tuple[dict[str, Any], bytes]:
        """Return the next frame; the program ends where the server is gone."""
        head_length, body_length = _HEAD.unpack(self._read(_HEAD.size))
        head: dict[str, Any] = json.loads(self._read(head_length))
        return head, self._read(body_length)

    def _read(self, count: int) -> bytes:
        parts = []
        while count:
            part = self._connection.recv(min(count, 1 << 20))
            if not part:
                os._exit(0)
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


class ModelResponse:
    """What the served model answered, as `output_handler` knows it.

    Attributes:
        status_code: The HTTP status.
        content: The body.
        headers: Its type.
    """

    def __init__(self, status_code: int, content: bytes) -> None:
        """Keep them."""
        self.status_code = status_code
        self.content = content
        self.headers = {"Content-Type": _JSON}

    @property
    def ok(self) -> bool:
        """Whether it is an answer, not an error."""
        return self.status_code == _OK

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """Return what the body says."""
        return json.loads(self.content)


class Script:
    """The functions of a user's module, and how a request goes through them."""

    def __init__(self, module: ModuleType, model_dir: str, line: Line) -> None:
        """Choose the functions; load the model, where the module does that itself."""
        self._module, self._line = module, line
        self._check()
        self._model: Any = None
        if self._has("model_fn"):
            for name in ("pre_model_fn", "model_fn"):
                if self._has(name):
                    self._model = self._call(name, model_dir)
            if self._has("model_warmup_fn"):
                self._call("model_warmup_fn", model_dir, self._model)

    def transform(self, head: dict[str, Any], body: bytes) -> tuple[Any, str]:
        """Answer a request: the body of the answer, and its type."""
        kind, accept = head["content_type"], head["accept"]
        if self._has("handler") or self._has("input_handler"):
            return _pair(self._handle(Context(**head["context"]), body), accept)
        data: Any = body.decode("utf-8") if kind in _UTF8_TYPES else body
        if self._has("transform_fn"):
            return _pair(self._call("transform_fn", self._model, data, kind, accept), accept)
        given = self._call("input_fn", data, kind) if self._has("input_fn") else _decode(data, kind)
        if self._has("predict_fn"):
            found = self._call("predict_fn", given, self._model)
        else:
            found = self._ask_model(given)
        if self._has("output_fn"):
            return _pair(self._call("output_fn", found, accept), accept)
        return _encode(found, accept)

    def _check(self) -> None:
        parts = [name for name in ("input_fn", "predict_fn", "output_fn") if self._has(name)]
        if self._has("transform_fn") and parts:
            raise TypeError(f"it has transform_fn and {', '.join(parts)}; only one way can be gone")
        if self._has("input_handler") != self._has("output_handler"):
            raise TypeError("input_handler and output_handler belong together")
        if self._has("model_fn") and not (self._has("predict_fn") or self._has("transform_fn")):
            raise TypeError("it has model_fn, but neither predict_fn nor transform_fn")
        known = ("transform_fn", "handler", "input_handler")
        if not parts and not any(map(self._has, known)):
            raise TypeError("it has none of the functions that are called")

    def _has(self, name: str) -> bool:
        return callable(getattr(self._module, name, None))

    def _call(self, name: str, *arguments: Any) -> Any:
        """Call a function of the module, with a context where it takes one more argument."""
        function = getattr(self._module, name)
        takes_context = len(inspect.signature(function).parameters) == len(arguments) + 1
        return function(*arguments, None) if takes_context else function(*arguments)

    def _handle(self, context: Context, body: bytes) -> Any:
        stream = io.BytesIO(body)
        if self._has("handler"):
            return self._module.handler(stream, context)
        asked = self._module.input_handler(stream, context)
        status, content = self._ask(asked)
        return self._module.output_handler(ModelResponse(status, content), context)

    def _ask_model(self, given: Any) -> Any:
        """Return the predictions of the served model for what `input_fn` gave."""
        if isinstance(given, str | bytes):
            asked: Any = given
        elif isinstance(given, dict) and given.keys() & {"instances", "inputs"}:
            asked = json.dumps(given, default=_plain)
        else:
            asked = json.dumps({"instances": given}, default=_plain)
        status, content = self._ask(asked)
        answer = json.loads(content)
        if status != _OK:
            raise RefusedError(status, answer["error"])
        return answer.get("predictions", answer.get("outputs"))

    def _ask(self, asked: Any) -> tuple[int, bytes]:
        body = asked.encode() if isinstance(asked, str) else bytes(asked)
        self._line.send({"kind": "ask"}, body)
        head, content = self._line.receive()
        return int(head["status"]), content


def _pair(result: Any, accept: str) -> tuple[Any, str]:
    return (result[0], result[1]) if isinstance(result, tuple) else (result, accept)


def _decode(data: Any, kind: str) -> Any:
    import numpy as np

    if kind == _JSON:
        return np.array(json.loads(data))
    if kind == _CSV:
        return np.genfromtxt(io.StringIO(data), delimiter=",")
    if kind == _NPY:
        return np.load(io.BytesIO(data), allow_pickle=False)
    if kind == _NPZ:
        from scipy import sparse  # the user's environment has it, or nobody sends this

        return sparse.load_npz(io.BytesIO(data))  # it allows no pickles either
    raise RefusedError(415, f"Without an input_fn, the Content-Type {kind!r} is not read")


def _encode(found: Any, accept: str) -> tuple[Any, str]:
    for wanted in (part.partition(";")[0].strip() for part in accept.split(",")):
        if wanted in {_JSON, "*/*", "application/*"}:
            return json.dumps(found, default=_plain), _JSON
        if wanted == _CSV:
            import numpy as np

            stream = io.StringIO()
            np.savetxt(stream, found, delimiter=",", fmt="%s")
            return stream.getvalue(), _CSV
        if wanted == _NPY:
            import numpy as np

            file = io.BytesIO()
            np.save(file, np.asarray(found), allow_pickle=False)
            return file.getvalue(), _NPY
    raise RefusedError(406, f"Without an output_fn, the answer cannot be given as {accept!r}")


def _plain(value: Any) -> Any:
    """Make an array, or what is like one, a value that JSON has."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__} cannot be written as JSON")


def _import(file: str) -> ModuleType:
    folder = Path(file).parent
    sys.path[:1] = [str(folder), str(folder / "lib")]
    spec = importlib.util.spec_from_file_location("inference", file)
    assert spec is not None and spec.loader is not None  # noqa: PT018, S101 - a Python file
    module = importlib.util.module_from_spec(spec)
    sys.modules["inference"] = module
    spec.loader.exec_module(module)
    return module


def _answer(script: Script, line: Line, head: dict[str, Any], body: bytes) -> None:
    """Answer one request; a child that the user's code has forked ends here."""
    own = os.getpid()
    answer: dict[str, Any]
    content = b""
    try:
        given, kind = script.transform(head, body)
        content = given.encode() if isinstance(given, str) else bytes(given)
        answer = {"kind": "answer", "content_type": str(kind)}
    except BaseException as exc:
        answer = _error(exc)
    if os.getpid() != own:
        os._exit(0)
    line.send(answer, content)
    if answer.get("exhausted"):
        os._exit(1)


def _error(exc: BaseException) -> dict[str, Any]:
    traceback.print_exception(exc)
    status = getattr(exc, "status_code", _CANNOT_RUN)
    if not isinstance(status, int) or not _LOWEST_ERROR <= status <= _HIGHEST_ERROR:
        status = _CANNOT_RUN
    message = (str(exc) or type(exc).__name__)[:10_000]
    exhausted = not isinstance(exc, Exception) or isinstance(exc, MemoryError)
    return {"kind": "error", "status": status, "message": message, "exhausted": exhausted}


def _limit(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory_bytes:
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    os.nice(_NICE)


def _loaded(file: str, model_dir: str, line: Line) -> Script | None:
    """Return the script; None if it cannot be used, and the server knows why."""
    own: int = os.getpid()
    try:
        script = Script(_import(file), model_dir, line)
    except BaseException as exc:
        traceback.print_exc()
        if os.getpid() == own:
            line.send({"kind": "broken", "message": f"{type(exc).__name__}: {exc}"[:10_000]})
        return None
    return script if os.getpid() == own else None


def main(file: str, model_dir: str, memory_bytes: int) -> None:
    """Load a script and answer requests until the server is gone."""
    line = Line(socket.socket(fileno=os.dup(0)))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    _limit(memory_bytes)
    script = _loaded(file, model_dir, line)
    if script is None:
        os._exit(1)
    line.send({"kind": "ready"})
    while True:
        _answer(script, line, *line.receive())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
