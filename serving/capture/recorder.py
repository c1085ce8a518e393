"""Samples requests while they are answered, and writes them down in a thread of its own."""

import logging
import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from serving.capture.capture_file import CaptureFile
from serving.capture.inference import Answered, Asked, Inference, Method, Origin
from serving.capture.rules import LoggingRules, Waiting
from serving.capture.sinks import CaptureSink, PredictionLogSink, Sink
from serving.capture.waiting_line import Waiter, WaitingLine
from serving.feedback.feedback import Feedback
from serving.observing.observer import Observer
from serving.servables.model import DEFAULT_SIGNATURE, LoadedModel

logger = logging.getLogger(__name__)

_PAUSE_S = 0.2
_AT_ONCE = 64  # inferences written in one go
_LAST_WRITES_S = 5.0

ReadLoggingRules = Callable[[str], LoggingRules | None]


def _no_rules(_model: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Note:
    """An inference that is to be written down.

    Attributes:
        sinks: Where; nowhere, if feedback alone needs it.
        inference: What was asked and answered.
    """

    sinks: Sequence[Sink]
    inference: Inference


def feedback_of(recorder: "Recorder | None") -> Feedback | None:
    """Return what takes feedback, where there is such a thing."""
    return None if recorder is None else recorder.feedback


class Recorder:
    """Chooses which inferences are written down, and writes them in a thread of its own.

    Attributes:
        feedback: Remembers the answers that feedback may come for; None if none is taken.
    """

    def __init__(
        self,
        observer: Observer,
        file: CaptureFile | None = None,
        logging_rules: ReadLoggingRules = _no_rules,
        draw: Callable[[], float] = random.random,  # noqa: S311 - samples
        feedback: Feedback | None = None,
    ) -> None:
        """Prepare; `start` begins.

        Args:
            observer: Is told what became of captured requests.
            file: The capture config file, if there is one.
            logging_rules: Returns the `logging_config` of a model.
            draw: Returns a random number from 0 to below 1.
            feedback: Takes feedback on answers; None takes none.
        """
        self.feedback = feedback
        self._observer = observer
        self._file = file
        self._logging_rules = logging_rules
        self._draw = draw
        self._capture = None if file is None else CaptureSink(file.rules)
        self._logs: dict[LoggingRules, PredictionLogSink] = {}
        self._line = WaitingLine(Waiting() if file is None else file.rules.waiting)
        self._open: set[Sink] = set()
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to write and to follow the capture config file, if there is one."""
        if self._file is not None:
            self._ensure_thread()

    def stop(self, timeout_s: float = _LAST_WRITES_S) -> None:
        """Write what waits, and end.

        Args:
            timeout_s: How long to wait for that, seconds.
        """
        self._stopping.set()
        self._line.filling.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def note(
        self, method: Method, model: LoadedModel, signature: str, inputs: Asked, outputs: Answered
    ) -> Note | None:
        """Choose whether an inference is written down or may get feedback, and take note of it.

        Args:
            method: What was asked for.
            model: The model that answered.
            signature: Its signature; empty stands for `serving_default`.
            inputs: See `Inference`.
            outputs: See `Inference`.

        Returns:
            The note, to be recorded once the answer is on its way; mostly None.
        """
        sinks = self._sample(model.name)
        if not sinks and self.feedback is None:
            return None
        name = signature or DEFAULT_SIGNATURE
        return Note(sinks, Inference(method, model.name, model.version, name, inputs, outputs))

    def record(self, notes: Sequence[Note], origin: Origin) -> None:
        """Let inferences be written soon; they are left out, and counted, if too many wait.

        Args:
            notes: The inferences of a request.
            origin: The request.
        """
        for note in notes:
            for sink in note.sinks:
                if not self._line.put((sink, note.inference, origin)):
                    self._observer.captured(note.inference.model, sink.name, "shed", 1)
        if any(note.sinks for note in notes):
            self._ensure_thread()

    def _sample(self, model: str) -> Sequence[Sink]:
        capture, rules = self._capture, self._logging_rules(model)
        if capture is None and rules is None:
            return ()
        sinks: list[Sink] = [] if capture is None else [capture]
        if rules is not None:
            sinks.append(self._log_sink(rules))
        return [sink for sink in sinks if self._draw() < sink.share(model)]

    def _log_sink(self, rules: LoggingRules) -> PredictionLogSink:
        sink = self._logs.get(rules)
        # Of two threads that make one at the same time, both get the first.
        return sink or self._logs.setdefault(rules, PredictionLogSink(rules))

    def _ensure_thread(self) -> None:
        if self._thread is not None:
            return
        with self._starting:
            if self._thread is None:
                thread = threading.Thread(target=self._work, name="capture", daemon=True)
                thread.start()
                self._thread = thread

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._line.filling.wait(_PAUSE_S)
            self._turn()
        self._turn()
        for sink in self._open:
            sink.close()

    def _turn(self) -> None:
        try:
            while waiters := self._line.take(_AT_ONCE):
                self._write(waiters)
            self._follow_file()
            self._tick()
        except Exception:  # the last edge: one bad request must not end all capturing
            logger.exception("Capturing requests failed.")

    def _write(self, waiters: Sequence[Waiter]) -> None:
        by_sink: dict[Sink, list[tuple[Inference, Origin]]] = {}
        for sink, inference, origin in waiters:
            by_sink.setdefault(sink, []).append((inference, origin))
        for sink, entries in by_sink.items():
            self._open.add(sink)
            failed = Counter(entry[0].model for entry in sink.write(entries))
            for model, count in Counter(entry[0].model for entry in entries).items():
                self._report(sink, model, count, failed[model])

    def _report(self, sink: Sink, model: str, count: int, failed: int) -> None:
        if count > failed:
            self._observer.captured(model, sink.name, "written", count - failed)
        if failed:
            self._observer.captured(model, sink.name, "failed", failed)

    def _follow_file(self) -> None:
        if self._file is not None and self._file.has_changed():
            self._capture = CaptureSink(self._file.rules)
            self._line.limits = self._file.rules.waiting

    def _tick(self) -> None:
        if self._capture is not None:
            self._open.add(self._capture)
        for sink in list(self._open):
            if isinstance(sink, CaptureSink) and sink is not self._capture:
                sink.close()
                self._open.discard(sink)
            else:
                sink.tick()
