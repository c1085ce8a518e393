"""Counts what each version of a planned model does: times, errors, probabilities."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bert_aas.traffic.alarms import CRASH_WINDOW_S
from bert_aas.traffic.comparing import SCORES
from bert_aas.traffic.figures import LONGEST_WINDOW_S, Tally
from bert_aas.traffic.plans.plan import Plan
from serving.errors import Code, ServingError
from serving.servables.model import Array, Arrays, LoadedModel, Pending, RunQueue

Offer = Callable[[str, int, str, Arrays, Arrays], None]
"""Takes the copy of a request: model, version, signature, inputs, outputs."""

_RANK = 2
_NOT_ITS_FAULT = frozenset({Code.CANCELLED, Code.RESOURCE_EXHAUSTED})
_CRASHES = frozenset({Code.INTERNAL, Code.UNKNOWN, Code.DATA_LOSS})


class Watch:
    """The tallies of one model by version, and its models with an eye on their answers.

    Attributes:
        window_s: The longest window of an alarm, seconds.
        offer: Takes copies of answered requests; None wants none.
    """

    def __init__(self, window_s: float = LONGEST_WINDOW_S) -> None:
        """Begin to count.

        Args:
            window_s: The longest window of an alarm, seconds.
        """
        self.window_s = window_s
        self.offer: Offer | None = None
        self._lock = threading.Lock()
        self._tallies: dict[int, Tally] = {}
        self._watched: dict[int, tuple[LoadedModel, LoadedModel]] = {}

    def tally(self, version: int) -> Tally:
        """Return the tally of a version."""
        tally = self._tallies.get(version)
        if tally is None:
            with self._lock:
                tally = self._tallies.setdefault(version, Tally(self.window_s))
        return tally

    def tallies(self) -> Mapping[int, Tally]:
        """Return the tallies of all versions that were asked."""
        with self._lock:
            return dict(self._tallies)

    def over(self, model: LoadedModel) -> LoadedModel:
        """Return a model whose answers are looked at; the same one for the same model."""
        known = self._watched.get(model.version)
        if known is not None and known[0] is model:
            return known[1]
        watched = _Watched(model, self).model()
        self._watched[model.version] = (model, watched)
        return watched

    def fail(self, version: int, exc: BaseException) -> None:
        """Count a request that failed, if the fault may be the version's.

        Args:
            version: Who was asked.
            exc: What ended it.
        """
        if not isinstance(exc, Exception):
            return  # nobody waits for the answer any more
        if isinstance(exc, ServingError) and exc.code in _NOT_ITS_FAULT:
            return
        now, tally = time.monotonic(), self.tally(version)
        tally.count(now, 0.0, failed=True)
        if _is_crash(exc):
            tally.crash(now)

    def forget(self, versions: Sequence[int]) -> None:
        """Let go of models that no longer serve; their counts stay.

        Args:
            versions: Those that serve.
        """
        for version in [known for known in self._watched if known not in versions]:
            self._watched.pop(version, None)


def watch_for(plan: Plan, before: Watch | None) -> Watch:
    """Return the watch of a plan, which goes on counting where it can.

    Args:
        plan: The plan.
        before: The watch of the plan before it, if there was one.

    Returns:
        The watch.
    """
    window_s = max([CRASH_WINDOW_S, *(alarm.window_s for alarm in plan.alarms)])
    if before is not None and before.window_s == window_s:
        return before
    return Watch(window_s)


def sum_of_confidence(outputs: Arrays) -> tuple[float, int]:
    """Look at the probabilities of an answer.

    Args:
        outputs: The outputs by name.

    Returns:
        The sum of the largest of each row, and the number of rows; 0 without probabilities.
    """
    for name in SCORES:
        scores = outputs.get(name)
        if scores is not None and scores.ndim == _RANK and scores.size and scores.dtype.kind == "f":
            return float(scores.max(axis=1).sum()), len(scores)
    return 0.0, 0


def _is_crash(exc: Exception) -> bool:
    """Whether the engine failed, which no request is to blame for."""
    if isinstance(exc, ServingError):
        return exc.code in _CRASHES
    return not isinstance(exc, TimeoutError)


class _Watched:
    """Runs a model, and counts its answers; who waits for them counts the errors."""

    def __init__(self, model: LoadedModel, watch: Watch) -> None:
        self._model = model
        self._watch = watch
        self._tally = watch.tally(model.version)

    def model(self) -> LoadedModel:
        queue = self._model.queue
        return replace(
            self._model, run=self.run, queue=None if queue is None else _Queue(queue, self.count)
        )

    def run(
        self, name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
    ) -> dict[str, Array]:
        started = time.monotonic()
        found = self._model.run(name, inputs, outputs, deadline)
        self.count(name, inputs, found, started)
        return found

    def count(self, name: str, inputs: Arrays, found: Arrays, started: float) -> None:
        now = time.monotonic()
        self._tally.count(now, now - started, failed=False)
        confidence, rows = sum_of_confidence(found)
        if rows:
            self._tally.see(now, confidence, rows)
        offer = self._watch.offer
        if offer is not None:
            offer(self._model.name, self._model.version, name, inputs, found)


class _Queue:
    """A model's queue, whose answers are counted."""

    def __init__(
        self, queue: RunQueue, count: Callable[[str, Arrays, Arrays, float], None]
    ) -> None:
        self._queue = queue
        self._count = count

    def is_busy(self) -> bool:
        """Tell whether a run would have to wait."""
        return self._queue.is_busy()

    def submit(
        self, name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
    ) -> Pending | None:
        """Queue a run; see `RunQueue`."""
        started = time.monotonic()
        pending = self._queue.submit(name, inputs, outputs, deadline)
        if pending is None:
            return None

        def finish(answer: Any) -> Arrays:
            found = pending.finish(answer)
            self._count(name, inputs, found, started)
            return found

        return replace(pending, finish=finish)
