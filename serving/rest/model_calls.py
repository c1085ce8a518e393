"""The requests that need a model, from the body to the answer's body; runs in worker threads."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from serving.capture.inference import Method
from serving.capture.recorder import Note, Recorder, feedback_of
from serving.data_plane import DataPlane
from serving.errors import Code, InvalidArgumentError, ServableNotFoundError, ServingError
from serving.rest.codecs import examples_codec, predict_codec
from serving.rest.codecs.metadata import metadata_json
from serving.rest.codecs.predict_codec import NoInputsError
from serving.rest.json.writer import encode_text, write_json
from serving.rest.replies import JSON, Headers
from serving.rest.requests.keyed import RestRequest
from serving.rest.requests.waiting import outputs_of
from serving.rest.routes import Target
from serving.servables.classification import Classifications, classify
from serving.servables.model import Array, Arrays, LoadedModel
from serving.servables.regression import regress


@dataclass(frozen=True)
class Answer:
    """The body of an answer.

    Attributes:
        content: The body.
        version: The version that gave it.
        model_seconds: Time the model took; None if it was not called.
        note: What is to be captured of it; None for nothing.
        media_type: The type of the body.
        headers: More headers.
    """

    content: bytes
    version: int
    model_seconds: float | None = None
    note: Note | None = None
    media_type: bytes = JSON
    headers: Headers = ()


class ModelCalls:
    """Answers predict, classify, regress and metadata requests, and takes feedback."""

    def __init__(
        self, plane: DataPlane, check_method_names: bool, recorder: Recorder | None = None
    ) -> None:
        """Prepare.

        Args:
            plane: The models.
            check_method_names: Whether signatures answer only the calls that they declare.
            recorder: Says what is to be captured; None captures nothing.
        """
        self._recorder = recorder
        self._plane = plane
        self._check_method_names = check_method_names

    def answer(self, target: Target, request: RestRequest, deadline: float) -> Answer:
        """Answer a request.

        Args:
            target: What is asked of which model.
            request: The request.
            deadline: When to give up, in seconds of `time.monotonic`.

        Returns:
            The answer.

        Raises:
            ServingError: If the request cannot be answered.
        """
        if target.action == "predict":
            return self._predict(target, request, deadline)
        if target.action == "feedback":
            return self._take_feedback(target, request)
        return self._classify_or_regress(target, request, deadline)

    def metadata(self, target: Target) -> Answer:
        """Describe a model.

        Args:
            target: Which model.

        Returns:
            The answer.

        Raises:
            ServingError: If there is no such model, version or label.
        """
        with self._plane.use(target.query) as model:
            return Answer(metadata_json(model), model.version)

    async def answer_waiting(
        self, target: Target, request: RestRequest, deadline: float
    ) -> Answer | None:
        """Answer a request on the event loop, if it has to wait for its turn in a batch.

        Args:
            target: As for `answer`.
            request: As for `answer`; short, as it is read on the loop.
            deadline: As for `answer`.

        Returns:
            The answer; None if a thread has to find it.

        Raises:
            ServingError: If the request cannot be answered.
            TimeoutError: At the deadline.
        """
        if target.action != "predict":
            return None
        with ExitStack() as stack:
            try:
                model = stack.enter_context(self._plane.use(target.query, request))
            except ServingError:
                request.document()  # errors of the body come first
                return None
            if model.queue is None or not model.queue.is_busy():
                return None
            name, inputs, in_rows = decode_predict_request(model, request.document())
            started = time.perf_counter()
            pending = model.submit(name, inputs, deadline)
            if pending is None:
                return None
            outputs = await outputs_of(pending, deadline - time.monotonic())
            seconds = time.perf_counter() - started
            note = self._note_predict(model, name, inputs, outputs)
            content = predict_codec.encode_predict(outputs, in_rows)
            return Answer(content, model.version, seconds, note)

    def _predict(self, target: Target, request: RestRequest, deadline: float) -> Answer:
        document = request.document()
        with self._plane.use(target.query, request) as model:
            name, inputs, in_rows = decode_predict_request(model, document)
            started = time.perf_counter()
            outputs = model.call(name, inputs, deadline=deadline)
            seconds = time.perf_counter() - started
            note = self._note_predict(model, name, inputs, outputs)
        content = predict_codec.encode_predict(outputs, in_rows)
        return Answer(content, model.version, seconds, note)

    def _take_feedback(self, target: Target, request: RestRequest) -> Answer:
        feedback = feedback_of(self._recorder)
        if feedback is None:
            raise ServingError(
                Code.FAILED_PRECONDITION,
                "This server takes no feedback: start it with --feedback_max_answers",
            )
        name = target.query.name
        if not self._plane.knows(name):
            raise ServableNotFoundError(name, None)
        taken = feedback.give(name, request.document())
        document = {"model_version": taken.version, "reward": taken.reward}
        return Answer(encode_text(write_json(document)), taken.version)

    def _note_predict(
        self, model: LoadedModel, name: str, inputs: Arrays, outputs: Arrays
    ) -> Note | None:
        if self._recorder is None:
            return None
        return self._recorder.note("predict", model, name, inputs, outputs)

    def _classify_or_regress(self, target: Target, request: RestRequest, deadline: float) -> Answer:
        document = request.document()
        name = predict_codec.signature_name_of(document)
        examples = examples_codec.decode_examples(document)  # before the lookup
        run = _run_classify if target.action == "classify" else _run_regress
        note = None
        with self._plane.use(target.query, request) as model:
            started = time.perf_counter()
            found, encode = run(model, name, examples, deadline, self._check_method_names)
            seconds = time.perf_counter() - started
            if self._recorder is not None:
                method: Method = "classify" if target.action == "classify" else "regress"
                note = self._recorder.note(method, model, name, examples, found)
        return Answer(encode(), model.version, seconds, note)


def decode_predict_request(
    model: LoadedModel, document: dict[str, Any]
) -> tuple[str, Arrays, bool]:
    """Read a request for a prediction.

    Args:
        model: The model.
        document: The body.

    Returns:
        The signature's name, its inputs, and whether the answer is to be in rows.

    Raises:
        InvalidArgumentError: If it does not fit the model.
        NoInputsError: If the signature takes nothing.
    """
    name = predict_codec.signature_name_of(document)
    signature = model.signatures.get(name)
    if signature is None:
        proto = model.signature_defs.get(name)
        if proto is not None and not proto.inputs:  # such as `__saved_model_init_op`
            raise NoInputsError(document)
        raise InvalidArgumentError(f'Serving signature name: "{name}" not found in signature def')
    return name, *predict_codec.decode_predict(document, signature)


def _run_classify(
    model: LoadedModel, name: str, examples: list[bytes], deadline: float, check: bool
) -> tuple[Classifications, Callable[[], bytes]]:
    classified = classify(model, name, examples, deadline, check)
    return classified, lambda: examples_codec.encode_classifications(classified.rows())


def _run_regress(
    model: LoadedModel, name: str, examples: list[bytes], deadline: float, check: bool
) -> tuple[Array, Callable[[], bytes]]:
    values = regress(model, name, examples, deadline, check)
    return values, lambda: examples_codec.encode_regressions(values)
