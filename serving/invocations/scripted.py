"""Requests to a model with an `inference.py`: its code answers, and may ask the model."""

import json
import re
import time
from dataclasses import dataclass

from serving.capture.recorder import Note, Recorder
from serving.errors import ServingError
from serving.invocations.media_types import JSON
from serving.invocations.names import CUSTOM_ATTRIBUTES
from serving.invocations.requests import InvocationRequest
from serving.rest.codecs import predict_codec
from serving.rest.json.writer import encode_text
from serving.rest.model_calls import Answer, decode_predict_request
from serving.scripts.script import ScriptRequest
from serving.servables.model import LoadedModel

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
_LONGEST_TYPE = 200
_OK = 200


def on_one_line(content: bytes) -> bytes:
    """Write a JSON document as one line, as the TensorFlow Serving container does."""
    return content.replace(b"\n", b"")


class ScriptCalls:
    """Lets scripts answer."""

    def __init__(self, recorder: Recorder | None) -> None:
        """Prepare.

        Args:
            recorder: Says what is to be captured; None captures nothing.
        """
        self._recorder = recorder

    def answer(
        self, model: LoadedModel, request: InvocationRequest, deadline: float
    ) -> tuple[Answer, str]:
        """Let the script of a model answer.

        Args:
            model: The model; it has a script.
            request: The request.
            deadline: When to give up, in seconds of `time.monotonic`.

        Returns:
            The answer, and its type.

        Raises:
            ServingError: If the script cannot answer.
        """
        assert model.script is not None  # noqa: S101 - the caller has looked
        asking = _Asking(model, self._recorder, deadline)
        asked = _script_request(model, request)
        started = time.perf_counter()
        found = model.script.run(asked, asking.ask, deadline)
        seconds = time.perf_counter() - started
        answer = Answer(found.content, model.version, seconds, asking.note)
        return answer, _printable_type(found.content_type)


@dataclass
class _Asking:
    """Asks the served model for a script."""

    model: LoadedModel
    recorder: Recorder | None
    deadline: float
    note: Note | None = None

    def ask(self, body: bytes) -> tuple[int, bytes]:
        """Return the status and the body that TensorFlow Serving's REST API would give."""
        try:
            return _OK, self._predict(body)
        except ServingError as exc:
            return exc.http_status, encode_text(json.dumps({"error": exc.message}))

    def _predict(self, body: bytes) -> bytes:
        document = predict_codec.parse_document(body)
        name, inputs, in_rows = decode_predict_request(self.model, document)
        outputs = self.model.call(name, inputs, deadline=self.deadline)
        if self.recorder is not None:
            self.note = self.recorder.note("predict", self.model, name, inputs, outputs)
        return predict_codec.encode_predict(outputs, in_rows)


def _script_request(model: LoadedModel, request: InvocationRequest) -> ScriptRequest:
    given = _header(request, b"content-type") or JSON
    accept = _header(request, b"accept")
    if accept in {"", "*/*"}:
        accept = JSON
    rest_url = "" if model.script is None else model.script.rest_url
    path = f"/v1/models/{model.name}/versions/{model.version}:predict"
    context = {
        "model_name": model.name,
        "model_version": str(model.version),
        "method": "predict",
        "rest_uri": rest_url + path if rest_url else "",
        "grpc_port": None,
        "channel": None,
        "custom_attributes": _header(request, CUSTOM_ATTRIBUTES),
        "request_content_type": given,
        "accept_header": accept,
        "content_length": len(request.body),
    }
    return ScriptRequest(request.body, given.partition(";")[0].strip().lower(), accept, context)


def _header(request: InvocationRequest, name: bytes) -> str:
    return request.headers.get(name, b"").decode("latin-1").strip()


def _printable_type(given: str) -> str:
    """Return a type that can stand in a header, the first where a script names several."""
    return _UNPRINTABLE.sub("", given.partition(",")[0])[:_LONGEST_TYPE].strip() or JSON
