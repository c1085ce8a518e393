"""TensorFlow Serving's REST API: everything below `/v1/`, as an ASGI application.

Source:
    TensorFlow Serving, `model_servers/http_server.cc`, `http_rest_api_handler.cc`.
"""

import asyncio
import contextvars
import logging
import time
from dataclasses import dataclass
from functools import partial

from starlette.types import Receive, Scope, Send

from serving.capture.inference import origin_of
from serving.capture.recorder import Note, Recorder, feedback_of
from serving.data_plane import DataPlane, ModelQuery
from serving.errors import Code, DeadlineExceededError, ServingError
from serving.feedback.ids import ID_HEADER
from serving.observing.observer import Observer, RequestRecord, Tracer
from serving.rest.codecs.status_json import status_json, traffic_json
from serving.rest.dialect import Dialect, TensorFlowServing
from serving.rest.model_calls import Answer
from serving.rest.options import RestOptions
from serving.rest.replies import Headers, Reply
from serving.rest.requests.admission import Admission, Ticket
from serving.rest.requests.body import gunzip, read_body
from serving.rest.requests.keyed import RestRequest
from serving.rest.requests.workers import Workers
from serving.rest.routes import Target
from serving.routing.keys import VERSION_HEADER
from serving.routing.verdicts import Verdicts

logger = logging.getLogger(__name__)

_CORS: Headers = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"POST, GET"),
    (b"access-control-allow-headers", b"Content-Type"),
)
_SHORT_BODY = 4096  # bytes; is read in less time than a thread takes to begin
_PREFLIGHT_TYPE = b"text/html; charset=ISO-8859-1"


@dataclass
class _Exchange:
    """One request while it is answered."""

    scope: Scope
    headers: dict[bytes, bytes]
    path: str
    started: float
    target: Target | None = None
    body_bytes: int = 0
    model_seconds: float | None = None
    note: Note | None = None
    inference_id: str = ""


class RestApi:
    """Answers the requests below `/v1/`: the body on the event loop, the rest in one thread.

    Short requests to a model that is busy wait for their batch on the event loop, without a thread:
    dozens of threads that wake up at once take the interpreter's lock from each other.
    """

    def __init__(
        self,
        plane: DataPlane,
        options: RestOptions,
        observer: Observer,
        tracer: Tracer,
        recorder: Recorder | None = None,
        dialect: Dialect | None = None,
    ) -> None:
        """Prepare; threads start on demand.

        Args:
            plane: The models.
            options: Limits.
            observer: Is told of every request.
            tracer: Opens a span per request.
            recorder: Captures requests; None captures none.
            dialect: The protocol, if it is not TensorFlow Serving's.
        """
        self._recorder = recorder
        self._plane = plane
        self._options = options
        self._observer = observer
        self._tracer = tracer
        self._verdicts = Verdicts()
        self._dialect = dialect or TensorFlowServing(plane, options.check_method_names, recorder)
        self._calls = self._dialect.calls
        self._workers = Workers(options.num_threads, "rest")
        self._admission = Admission(options.max_concurrent_requests, options.max_buffered_bytes)
        self._cors = _CORS if options.enable_cors else ()

    async def answer(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Args:
            path: Its path as sent, with its query.
            scope: ASGI's description of it.
            receive: ASGI's source of its body.
            send: ASGI's sink.
        """
        exchange = _Exchange(scope, dict(scope["headers"]), path, time.perf_counter())
        if scope["method"] == "OPTIONS":
            await self._finish(exchange, _preflight(exchange.headers), send)
            return
        try:
            target = self._dialect.target(scope["method"], path, exchange.headers)
        except ServingError as exc:
            await self._finish(exchange, self._dialect.error(path, exc), send)
            return
        exchange.target = target
        with self._tracer.span(target.action, lambda: _text_headers(scope)):
            await self._finish(exchange, await self._reply(exchange, target, receive), send)

    async def _finish(self, exchange: _Exchange, reply: Reply, send: Send) -> None:
        await reply.send(send, self._cors)
        self._report(exchange, reply)
        if exchange.note is not None and exchange.note.sinks and self._recorder is not None:
            size = exchange.body_bytes + len(reply.content)
            headers = dict(_text_headers(exchange.scope))
            if exchange.inference_id:
                headers.setdefault(ID_HEADER, exchange.inference_id)
            self._recorder.record([exchange.note], origin_of("REST", size, headers))

    async def _reply(self, exchange: _Exchange, target: Target, receive: Receive) -> Reply:
        try:
            if target.action == "status":
                return Reply(200, status_json(self._plane.statuses(target.query)))
            if target.action == "traffic":
                return Reply(200, await asyncio.to_thread(self._traffic, target.query.name))
            if target.action == "metadata":
                # Not on the threads that ask models, nor counted with their requests.
                answer = await asyncio.to_thread(self._calls.metadata, target)
            else:
                answer = await self._call(exchange, target, receive)
        except ServingError as exc:
            return self._dialect.error(exchange.path, exc)
        except Exception:
            logger.exception("A REST request failed inside the server.")
            failure = ServingError(Code.INTERNAL, "Internal error")
            return self._dialect.error(exchange.path, failure)
        exchange.model_seconds, exchange.note = answer.model_seconds, answer.note
        headers = answer.headers
        if self._plane.shares_out:
            headers += _version_headers(answer.version)
        headers += self._remembered(exchange, target)
        return Reply(200, answer.content, answer.media_type, headers, version=answer.version)

    def _remembered(self, exchange: _Exchange, target: Target) -> Headers:
        """Remember an answer that feedback may come for; return the header with its id."""
        feedback = feedback_of(self._recorder)
        if feedback is None or exchange.note is None:
            return ()
        inference, headers = exchange.note.inference, dict(_text_headers(exchange.scope))
        plan = self._plane.experiment(target.query)
        exchange.inference_id = feedback.remember(inference, headers, plan)
        return ((ID_HEADER.encode(), exchange.inference_id.encode("latin-1")),)

    def _traffic(self, name: str) -> bytes:
        status = self._plane.traffic(name)
        feedback = feedback_of(self._recorder)
        if feedback is None:
            return traffic_json(status)
        told = feedback.report(name, self._plane.experiment(ModelQuery(name)))
        judged = None if status is None else self._verdicts.of({**status, "feedback": told})
        return traffic_json(status, told, judged)

    async def _call(self, exchange: _Exchange, target: Target, receive: Receive) -> Answer:
        """Read the body, then answer in a thread; its memory counts until the thread is done."""
        ticket = self._admission.ticket()
        handed_over = False
        try:
            body = await read_body(receive, _declared(exchange), ticket, self._options)
            exchange.body_bytes = len(body)
            ticket.start()
            if len(body) <= _SHORT_BODY and not _is_gzip(exchange):
                answer = await self._waiting(target, self._dialect.request(exchange.headers, body))
                if answer is not None:
                    return answer
            handed_over = True
            return await self._in_thread(exchange, target, body, ticket)
        finally:
            if not handed_over:
                ticket.release()

    async def _waiting(self, target: Target, request: RestRequest) -> Answer | None:
        """Answer a request that waits for a batch; None if a thread has to answer it."""
        timeout_s = self._options.timeout_s
        try:
            return await self._calls.answer_waiting(target, request, time.monotonic() + timeout_s)
        except (TimeoutError, DeadlineExceededError) as exc:
            raise _late(timeout_s) from exc

    async def _in_thread(
        self, exchange: _Exchange, target: Target, body: bytes, ticket: Ticket
    ) -> Answer:
        timeout_s = self._options.timeout_s
        is_gzip = _is_gzip(exchange)
        deadline = time.monotonic() + timeout_s

        def work() -> Answer:
            inflated = body
            if is_gzip and body:
                inflated = gunzip(body, ticket, self._options.max_request_bytes)
            request = self._dialect.request(exchange.headers, inflated)
            return self._calls.answer(target, request, deadline)

        run = partial(contextvars.copy_context().run, work)  # the span, for what runs inside
        try:
            return await self._workers.run(run, ticket.release, timeout_s)
        except (TimeoutError, DeadlineExceededError) as exc:
            raise _late(timeout_s) from exc

    def _report(self, exchange: _Exchange, reply: Reply) -> None:
        target = exchange.target
        name = target.query.name if target is not None else ""
        if target is not None and exchange.model_seconds is not None:
            self._observer.run(name, target.action, exchange.model_seconds)
        client = exchange.scope.get("client")
        self._observer.request(
            RequestRecord(
                entrypoint="REST",
                api=target.action if target is not None else "",
                path=exchange.path.partition("?")[0],
                model_name=name,
                known_model=bool(name) and self._plane.knows(name),
                version=reply.version,
                code=reply.code,
                http_status=reply.status,
                seconds=time.perf_counter() - exchange.started,
                request_bytes=exchange.body_bytes,
                response_bytes=len(reply.content),
                peer=client[0] if client else "",
            )
        )


def _late(timeout_s: float) -> DeadlineExceededError:
    """Return the one error of a request that took too long, wherever the time ran out."""
    return DeadlineExceededError(f"The request was not answered within {timeout_s:g} s")


def _version_headers(version: int) -> Headers:
    return ((VERSION_HEADER.encode(), b"%d" % version),)


def _is_gzip(exchange: _Exchange) -> bool:
    return b"gzip" in exchange.headers.get(b"content-encoding", b"")


def _declared(exchange: _Exchange) -> int | None:
    length = exchange.headers.get(b"content-length")
    return int(length) if length is not None else None


def _text_headers(scope: Scope) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]


def _preflight(headers: dict[bytes, bytes]) -> Reply:
    origin = headers.get(b"origin", b"")
    if b"http://" in origin or b"https://" in origin:
        return Reply(200, b"", _PREFLIGHT_TYPE)
    return Reply(400, b"", _PREFLIGHT_TYPE, code=Code.INVALID_ARGUMENT)
