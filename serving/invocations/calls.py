"""The requests on the SageMaker port that ask a model, from the body to the answer's body."""

import re
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from serving.capture.recorder import Note, Recorder
from serving.data_plane import DataPlane
from serving.errors import InvalidArgumentError
from serving.invocations.classified import (
    Classified,
    classifier_of,
    write_rows,
    write_texts,
)
from serving.invocations.csv_table import write_table
from serving.invocations.media_types import CSV, JSON, JSON_LINES
from serving.invocations.names import INVOKED_VARIANT
from serving.invocations.questions import Document, Table, Texts
from serving.invocations.requests import InvocationRequest
from serving.invocations.scripted import ScriptCalls, on_one_line
from serving.rest.codecs import predict_codec
from serving.rest.json.writer import encode_text
from serving.rest.model_calls import Answer, ModelCalls, decode_predict_request
from serving.rest.requests.keyed import RestRequest
from serving.rest.requests.waiting import outputs_of
from serving.rest.routes import Target
from serving.runtime.tensors import bytes_array
from serving.servables.model import DEFAULT_SIGNATURE, Arrays, LoadedModel, Signature

_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,18}\s*")

Write = Callable[[Arrays], bytes]


@dataclass(frozen=True)
class _Asked:
    """A question to a model: what is run, and how the answer is written."""

    signature: str
    inputs: Arrays
    media_type: str
    write: Write


class InvocationCalls:
    """Answers what the SageMaker port is asked; see `serving.rest.dialect.Calls`."""

    def __init__(
        self,
        plane: DataPlane,
        check_method_names: bool,
        response_keys: Sequence[str],
        recorder: Recorder | None = None,
    ) -> None:
        """Prepare.

        Args:
            plane: The models.
            check_method_names: Whether signatures answer only the calls that they declare.
            response_keys: What the answer to a row of a CSV holds.
            recorder: Says what is to be captured; None captures nothing.
        """
        self._plane = plane
        self._keys = response_keys
        self._recorder = recorder
        self._scripts = ScriptCalls(recorder)
        self._rest = ModelCalls(plane, check_method_names, recorder)

    def answer(self, target: Target, request: RestRequest, deadline: float) -> Answer:
        """Answer a request in a thread.

        Args:
            target: What is asked of which model.
            request: The request.
            deadline: When to give up, in seconds of `time.monotonic`.

        Returns:
            The answer.

        Raises:
            ServingError: If the request cannot be answered.
        """
        request = _invocation(request)
        if target.action != "predict":
            media_type = request.answer_type((JSON, JSON_LINES))
            answer = self._rest.answer(target, request, deadline)
            content = on_one_line(answer.content)
            return self._named(replace(answer, content=content), media_type, target, request)
        with self._plane.use(target.query, request) as model:
            if model.script is None:
                return self._predict(model, target, request, deadline)
            answer, media_type = self._scripts.answer(model, request, deadline)
            return self._named(answer, media_type, target, request)

    def _predict(
        self, model: LoadedModel, target: Target, request: InvocationRequest, deadline: float
    ) -> Answer:
        asked = self._ask(model, request)
        started = time.perf_counter()
        outputs = model.call(asked.signature, asked.inputs, deadline=deadline)
        seconds = time.perf_counter() - started
        note = self._note(model, asked, outputs)
        answer = Answer(asked.write(outputs), model.version, seconds, note)
        return self._named(answer, asked.media_type, target, request)

    def metadata(self, target: Target) -> Answer:
        """Describe a model; see `ModelCalls`."""
        return self._rest.metadata(target)

    async def answer_waiting(
        self, target: Target, request: RestRequest, deadline: float
    ) -> Answer | None:
        """Answer a request on the event loop, if it has to wait for its turn in a batch.

        Args:
            target: As for `answer`.
            request: As for `answer`; short, as it is read on the loop.
            deadline: As for `answer`.

        Returns:
            The answer; None if it needs a thread.

        Raises:
            ServingError: If the request cannot be answered.
            TimeoutError: At the deadline.
        """
        request = _invocation(request)
        if target.action != "predict":
            return None
        with ExitStack() as stack:
            model = stack.enter_context(self._plane.use(target.query, request))
            if model.script is not None or model.queue is None or not model.queue.is_busy():
                return None
            asked = self._ask(model, request)
            started = time.perf_counter()
            pending = model.submit(asked.signature, asked.inputs, deadline)
            if pending is None:
                return None
            outputs = await outputs_of(pending, deadline - time.monotonic())
            seconds = time.perf_counter() - started
            note = self._note(model, asked, outputs)
            answer = Answer(asked.write(outputs), model.version, seconds, note)
            return self._named(answer, asked.media_type, target, request)

    def _ask(self, model: LoadedModel, request: InvocationRequest) -> _Asked:
        question, classifier = request.question(), classifier_of(model)
        if isinstance(question, Texts):
            return self._ask_texts(model, classifier, question, request)
        if isinstance(question, Table):
            if classifier is not None:
                return self._ask_rows(classifier, question, request)
            question = Document({"instances": _instances(model, question)})
        return _ask_tensorflow(model, question, request)

    def _ask_texts(
        self,
        model: LoadedModel,
        classifier: Signature | None,
        question: Texts,
        request: InvocationRequest,
    ) -> _Asked:
        if classifier is None:
            raise InvalidArgumentError(
                f"Model {model.name} is no classifier of texts; ask it as TensorFlow Serving's "
                "clients do, with 'instances' or 'inputs'"
            )
        usual = (JSON_LINES, JSON) if question.in_lines else (JSON, JSON_LINES)
        media_type = request.answer_type((*usual, CSV))

        def write(outputs: Arrays) -> bytes:
            found = Classified.of(outputs)
            return encode_text(write_texts(question, found, media_type, self._keys))

        inputs = _columns(classifier, question.rows)
        return _Asked(classifier.name, inputs, media_type, write)

    def _ask_rows(
        self, classifier: Signature, question: Table, request: InvocationRequest
    ) -> _Asked:
        media_type = request.answer_type((CSV, JSON, JSON_LINES))

        def write(outputs: Arrays) -> bytes:
            return encode_text(write_rows(Classified.of(outputs), media_type, self._keys))

        inputs = _columns(classifier, question.rows)
        return _Asked(classifier.name, inputs, media_type, write)

    def _note(self, model: LoadedModel, asked: _Asked, outputs: Arrays) -> Note | None:
        if self._recorder is None:
            return None
        return self._recorder.note("predict", model, asked.signature, asked.inputs, outputs)

    def _named(
        self, answer: Answer, media_type: str, target: Target, request: InvocationRequest
    ) -> Answer:
        """Say which variant answered, and of what type the answer is."""
        variant = target.query.label or str(answer.version)
        headers = (
            (INVOKED_VARIANT, variant.encode("utf-8", "surrogateescape")),
            *request.session_headers(),
        )
        return replace(answer, media_type=media_type.encode(), headers=headers)


def _invocation(request: RestRequest) -> InvocationRequest:
    if not isinstance(request, InvocationRequest):
        raise TypeError("only the requests of this transport are answered")
    return request


def _ask_tensorflow(model: LoadedModel, question: Document, request: InvocationRequest) -> _Asked:
    media_type = request.answer_type((JSON, JSON_LINES, CSV))
    name, inputs, in_rows = decode_predict_request(model, question.content)

    def write(outputs: Arrays) -> bytes:
        if media_type == CSV:
            return encode_text(_table_of(outputs))
        return on_one_line(predict_codec.encode_predict(outputs, in_rows))

    return _Asked(name, inputs, media_type, write)


def _columns(classifier: Signature, rows: Sequence[Sequence[str]]) -> Arrays:
    """Return texts by input; the columns stand in the order of the inputs' names."""
    names = sorted(classifier.inputs)
    for number, row in enumerate(rows, 1):
        if len(row) != len(names):
            raise InvalidArgumentError(
                f"Row {number} has {len(row)} texts, but the model takes {len(names)} "
                f"({', '.join(names)}); in a CSV, quote a text that has commas"
            )
    columns = zip(*rows, strict=True)
    return {
        name: bytes_array([encode_text(text) for text in column])
        for name, column in zip(names, columns, strict=True)
    }


def _instances(model: LoadedModel, table: Table) -> list[Any]:
    """Make the rows of a table what TensorFlow Serving's clients send."""
    signature = model.signatures.get(DEFAULT_SIGNATURE)
    if signature is None or not signature.inputs:
        raise InvalidArgumentError(f"Model {model.name} has no signature that takes a CSV")
    names = sorted(signature.inputs)
    is_text = [signature.inputs[name].dtype == "string" for name in names]
    if len(names) == 1:
        rows = [[_value(field, is_text[0]) for field in row] for row in table.rows]
        return [row[0] if len(row) == 1 else row for row in rows]
    if any(len(row) != len(names) for row in table.rows):
        raise InvalidArgumentError(f"Each row needs {len(names)} columns: {', '.join(names)}")
    return [
        {name: _value(field, text) for name, field, text in zip(names, row, is_text, strict=True)}
        for row in table.rows
    ]


def _value(field: str, is_text: bool) -> str | int | float:
    if is_text:
        return field
    if _INTEGER.fullmatch(field):
        return int(field)
    try:
        return float(field.replace("_", "x"))  # Python alone takes 1_000 for a number
    except ValueError as exc:
        raise InvalidArgumentError(f"The CSV has {field[:100]!r} where a number is needed") from exc


def _table_of(outputs: Arrays) -> str:
    """Write the outputs of each row as the fields of a CSV."""
    counts = {array.shape[0] if array.ndim else -1 for array in outputs.values()}
    if len(counts) != 1 or -1 in counts:
        raise InvalidArgumentError("The outputs of this model are no rows; ask for JSON")
    flat = [array.reshape(len(array), prod(array.shape[1:])) for array in outputs.values()]
    rows = zip(*(_fields(array) for array in flat), strict=True)
    return write_table([[field for part in row for field in part] for row in rows])


def _fields(array: Any) -> list[list[str]]:
    if array.dtype == object:
        return [[one.decode("utf-8", "surrogateescape") for one in row] for row in array.tolist()]
    if array.dtype.kind == "V":  # bfloat16 and its like
        array = array.astype(np.float32)
    texts: list[list[str]] = array.astype(str).tolist()
    return texts
