"""Runs one RPC: parses, answers, turns errors into statuses, and tells the observers.

Messages travel as bytes up to here, so that their sizes are known and that a message which cannot
be parsed is an answered request like any other.
"""

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from serving.capture.inference import Answered, Asked, origin_of
from serving.capture.inference import Method as InferenceMethod
from serving.capture.recorder import Note, Recorder, feedback_of
from serving.data_plane import DataPlane, ModelQuery
from serving.errors import Code, DeadlineExceededError, ServingError
from serving.feedback.ids import ID_HEADER
from serving.grpc_api.keyed import GrpcRequest, Metadata
from serving.grpc_api.pools import on_pool
from serving.observing.observer import Observer, RequestRecord, Tracer
from serving.routing.keys import VERSION_HEADER
from serving.servables.callers import set_caller
from serving.servables.model import LoadedModel

logger = logging.getLogger(__name__)

_MAX_MESSAGE_BYTES = 1024  # of an error text; upstream cuts there
_TRUNCATED = "...TRUNCATED"
_FOREVER_S = 10 * 365 * 86400.0  # gRPC reports a deadline that was not set as some centuries


class Call:
    """What a handler knows of its RPC, and what it finds out for the observers.

    Attributes:
        api: The method, such as `Predict`.
        deadline: When the client gives up, in seconds of `time.monotonic`; None never does.
        model_name: The model that the client named.
        version: The version that answered.
        examples: How many examples a MultiInference request holds.
        notes: What is to be captured of it, or may get feedback.
        experiment: The plan of traffic that chose the version; empty if none did.
    """

    def __init__(
        self,
        plane: DataPlane,
        observer: Observer,
        api: str,
        read_metadata: Callable[[], Metadata],
        recorder: Recorder | None = None,
    ) -> None:
        self.api = api
        self.deadline: float | None = None
        self.model_name = ""
        self.version: int | None = None
        self.examples = 0
        self.notes: list[Note] = []
        self.experiment = ""
        self._plane = plane
        self._observer = observer
        self._read_metadata = read_metadata
        self._recorder = recorder

    def note(
        self,
        method: InferenceMethod,
        model: LoadedModel,
        signature: str,
        inputs: Asked,
        outputs: Answered,
    ) -> None:
        """Take note of what the model was asked and answered, where that is to be captured.

        Args:
            method: What was asked for.
            model: The model.
            signature: The signature; empty stands for `serving_default`.
            inputs: See `Inference`.
            outputs: See `Inference`.
        """
        if self._recorder is None:
            return
        note = self._recorder.note(method, model, signature, inputs, outputs)
        if note is not None:
            self.notes.append(note)

    @contextmanager
    def use(self, query: ModelQuery, message: Any = None) -> Iterator[LoadedModel]:
        """Hold the version that a request asks for, and take note of it.

        Args:
            query: The request's model.
            message: The request; None if it asks no model.

        Yields:
            The model.

        Raises:
            ServingError: If there is no such model, version or label.
        """
        self.model_name = query.name
        request = None
        if message is not None and self._plane.shares_out:
            request = GrpcRequest(self._read_metadata, message)
        with self._plane.use(query, request) as model:
            self.version = model.version
            self.experiment = self._plane.experiment(query)
            yield model

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Report the time spent inside as the model's own, unless it fails."""
        started = time.perf_counter()
        yield
        self._observer.run(self.model_name, self.api, time.perf_counter() - started)


@dataclass(frozen=True)
class Method:
    """One RPC method.

    Attributes:
        service: Full name of its service.
        name: Its name.
        request_type: Class of its request message.
        answer: Takes the request and its call; returns the answer or raises ServingError.
        pool: Where its calls run; None is grpcio's own pool.
    """

    service: str
    name: str
    request_type: Any
    answer: Callable[[Any, Call], Any]
    pool: ThreadPoolExecutor | None = None


class Caller:
    """Makes gRPC handlers out of methods."""

    def __init__(
        self,
        plane: DataPlane,
        observer: Observer,
        tracer: Tracer,
        recorder: Recorder | None = None,
    ) -> None:
        self._plane = plane
        self._observer = observer
        self._tracer = tracer
        self._recorder = recorder

    def handler(self, method: Method) -> Any:
        """Make the gRPC handler of a method.

        Args:
            method: The method.

        Returns:
            A `grpc.RpcMethodHandler` over bytes.
        """

        def handle(body: bytes, context: Any) -> bytes:
            set_caller(_GrpcCaller(context))  # grpcio gives each RPC a context of its own
            with self._tracer.span(method.name, lambda: _headers(context)):
                answer, error = self._observed(method, body, context)
            if error is None:
                return answer
            return context.abort(grpc.StatusCode[error.code.name], _cut(error.message))  # type: ignore[no-any-return]

        if method.pool is not None:
            return grpc.unary_unary_rpc_method_handler(on_pool(handle, method.pool))
        return grpc.unary_unary_rpc_method_handler(handle)

    def _observed(
        self, method: Method, body: bytes, context: Any
    ) -> tuple[bytes, ServingError | None]:
        started = time.perf_counter()
        call = Call(
            self._plane,
            self._observer,
            method.name,
            lambda: context.invocation_metadata() or (),
            self._recorder,
        )
        answer, error = _answer(method, body, context, call)
        is_noted = bool(call.notes) and error is None
        headers = dict(_headers(context)) if is_noted else {}
        trailing = self._trailing(call, headers if is_noted else None)
        if trailing:
            context.set_trailing_metadata(trailing)
        record = RequestRecord(
            entrypoint="GRPC",
            api=method.name,
            path=f"/{method.service}/{method.name}",
            model_name=call.model_name,
            known_model=bool(call.model_name) and self._plane.knows(call.model_name),
            version=call.version,
            code=Code.OK if error is None else error.code,
            http_status=None,
            seconds=time.perf_counter() - started,
            request_bytes=len(body),
            response_bytes=len(answer),
            peer=context.peer(),
            examples=call.examples,
        )
        self._observer.request(record)
        if self._recorder is not None and is_noted:
            size = len(body) + len(answer)
            self._recorder.record(call.notes, origin_of("GRPC", size, headers))
        return answer, error

    def _trailing(self, call: Call, headers: dict[str, str] | None) -> tuple[tuple[str, str], ...]:
        """Say who answered, and by which id feedback may come; put a new id to the headers."""
        trailing: tuple[tuple[str, str], ...] = ()
        if call.version is not None and self._plane.shares_out:
            trailing += ((VERSION_HEADER, str(call.version)),)
        feedback = feedback_of(self._recorder)
        if feedback is not None and headers is not None:
            name = feedback.remember(call.notes[0].inference, headers, call.experiment)
            headers.setdefault(ID_HEADER, name)
            trailing += ((ID_HEADER, name),)
        return trailing


class _GrpcCaller:
    """The client of an RPC."""

    __slots__ = ("_context",)

    def __init__(self, context: Any) -> None:
        self._context = context

    def is_gone(self) -> bool:
        """Tell whether the RPC was cancelled, or its connection lost."""
        return not self._context.is_active()

    def when_gone(self, act: Callable[[], None]) -> None:
        """Have something done at the end of the RPC, whatever ends it."""
        if not self._context.add_callback(act):
            act()


def _headers(context: Any) -> list[tuple[str, str]]:
    """Return the request's metadata less the binary values."""
    pairs = context.invocation_metadata() or ()
    return [(key, value) for key, value in pairs if isinstance(value, str)]


def _answer(
    method: Method, body: bytes, context: Any, call: Call
) -> tuple[bytes, ServingError | None]:
    """Return the serialized answer or the error: this is the outermost edge of a request."""
    try:
        call.deadline = _deadline(context)
        request = method.request_type.FromString(body)
        return method.answer(request, call).SerializeToString(), None
    except ServingError as exc:
        return b"", exc
    except DecodeError:
        # The code that gRPC prescribes for a request that cannot be parsed.
        return b"", ServingError(Code.INTERNAL, f"Cannot parse the {method.name} request")
    except Exception:
        logger.exception("A gRPC request failed inside the server.")
        return b"", ServingError(Code.INTERNAL, "Internal error")


def _deadline(context: Any) -> float | None:
    """Turn the client's deadline into one of `time.monotonic`; refuse what is late already."""
    remaining_s: float | None = context.time_remaining()
    if remaining_s is None or remaining_s > _FOREVER_S:
        return None
    if remaining_s <= 0:
        raise DeadlineExceededError("The deadline passed before the request was run")
    return time.monotonic() + remaining_s


def _cut(message: str) -> str:
    """Cut a text as upstream does, by bytes: gRPC refuses to send long ones."""
    encoded = message.encode("utf-8", "replace")
    if len(encoded) <= _MAX_MESSAGE_BYTES:
        return encoded.decode()
    return encoded[:_MAX_MESSAGE_BYTES].decode("utf-8", "ignore") + _TRUNCATED
