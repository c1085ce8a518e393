"""Asks challengers what the champion was asked, when there is nothing else to do.

A copy of a request waits in a bounded queue, after its answer was found. One thread takes a copy
at a time, and only while the server is idle; after each run it rests in proportion. What waits too
long, or finds no place, is dropped and counted: no answer ever waits for a copy.
"""

import contextlib
import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bert_aas.traffic.comparing import Flips, flips_between
from bert_aas.traffic.plans.plan import WHOLE, Arm
from serving.errors import ServingError
from serving.routing.router import Router
from serving.servables.model import Array, Arrays
from serving.versions.registry import ModelRegistry

logger = logging.getLogger(__name__)

_MAX_COPIES = 256
_MAX_BYTES = 16 * 1024 * 1024
_LONGEST_WAIT_S = 10.0
_LONGEST_RUN_S = 30.0
_TICK_S = 0.002
_AFTER_FAILURE_S = 1.0
_NICENESS = 10
_MOST_FLIPS = 1000  # kinds that are told apart


@dataclass(frozen=True)
class Copy:
    """A request that was answered.

    Attributes:
        model: Name of the model.
        version: Who answered.
        signature: What was run.
        inputs: Its inputs by name.
        outputs: Its answer by name.
        size: About how many bytes of memory it holds.
        at: When it was answered, seconds of `time.monotonic`.
    """

    model: str
    version: int
    signature: str
    inputs: Arrays
    outputs: Arrays
    size: int
    at: float


@dataclass
class Compared:
    """What became of the copies for one challenger.

    Attributes:
        rows: Rows that were compared.
        flips: Which classes became which others.
    """

    rows: int = 0
    flips: Flips = field(default_factory=Flips)


@dataclass(frozen=True)
class ShadowLimits:
    """How much room copies may take.

    Attributes:
        copies: How many may wait.
        size: How many bytes they may hold.
        wait_s: How long one may wait, seconds.
    """

    copies: int = _MAX_COPIES
    size: int = _MAX_BYTES
    wait_s: float = _LONGEST_WAIT_S


class Shadow:
    """The copies that wait, and what was found out by them."""

    def __init__(
        self, router: Router, registry: ModelRegistry, limits: ShadowLimits | None = None
    ) -> None:
        """Prepare; `start` begins.

        Args:
            router: The plans.
            registry: The models.
            limits: How much copies may take.
        """
        self._router = router
        self._registry = registry
        self._limits = limits or ShadowLimits()
        self._waiting: deque[Copy] = deque()
        self._size = 0
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._compared: dict[tuple[str, str], Compared] = {}
        self._dropped: dict[str, int] = {}

    def start(self) -> None:
        """Begin to work, in a thread of its own."""
        threading.Thread(target=self._work, name="traffic-shadow", daemon=True).start()

    def stop(self) -> None:
        """End the work after the copy that runs; what waits is dropped."""
        with self._changed:
            self._stopping.set()
            self._waiting.clear()
            self._changed.notify_all()

    def offer(
        self, model: str, version: int, signature: str, inputs: Arrays, outputs: Arrays
    ) -> None:
        """Take a copy of a request, if there is room; never waits.

        Args:
            model: Name of the model.
            version: Who answered.
            signature: What was run.
            inputs: Its inputs by name.
            outputs: Its answer by name.
        """
        size = sum(_size_of(array) for array in inputs.values())
        copy = Copy(model, version, signature, inputs, outputs, size, time.monotonic())
        with self._changed:
            is_full = len(self._waiting) >= self._limits.copies
            if is_full or self._size + size > self._limits.size or self._stopping.is_set():
                self._dropped[model] = self._dropped.get(model, 0) + 1
                return
            self._waiting.append(copy)
            self._size += size
            self._changed.notify()

    def status(self, model: str) -> dict[str, Any]:
        """Say what was found out.

        Args:
            model: Name of a model.

        Returns:
            Values that JSON can hold: copies that were dropped, and for each challenger the rows
            that were compared and which classes became which others, the most frequent first.
        """
        with self._changed:
            arms = {arm: one for (name, arm), one in self._compared.items() if name == model}
            return {
                "dropped": self._dropped.get(model, 0),
                "challengers": {arm: _told(one) for arm, one in arms.items()},
            }

    def work_once(self) -> float:
        """Wait for a copy, and ask the challengers.

        Returns:
            How long to rest then, seconds; 0 if the copy was dropped.
        """
        copy = self._take()
        if copy is None or not self._is_idle_before(copy.at + self._limits.wait_s):
            if copy is not None:
                with self._changed:
                    self._dropped[copy.model] = self._dropped.get(copy.model, 0) + 1
            return 0.0
        route = self._router.route(copy.model)
        if route is None or route.plan.strategy != "shadow" or route.plan.ending is not None:
            return 0.0
        started = time.monotonic()
        for arm in route.plan.challengers:
            self._ask(copy, arm)
        return (time.monotonic() - started) * (WHOLE / route.plan.load - 1)

    def _work(self) -> None:
        _be_nice()
        while not self._stopping.is_set():
            try:
                rest_s = self.work_once()
            except Exception:  # the thread's edge: the next copy may go well
                logger.exception("A copy of a request failed inside the server.")
                rest_s = _AFTER_FAILURE_S
            self._stopping.wait(rest_s)

    def _take(self) -> Copy | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._stopping.is_set())
            if not self._waiting:
                return None
            copy = self._waiting.popleft()
            self._size -= copy.size
            return copy

    def _is_idle_before(self, deadline: float) -> bool:
        """Wait until no request asks any model; return whether that came in time."""
        while self._registry.in_flight():
            if time.monotonic() >= deadline or self._stopping.is_set():
                return False
            time.sleep(_TICK_S)
        return time.monotonic() < deadline

    def _ask(self, copy: Copy, arm: Arm) -> None:
        version = self._router.number(copy.model, arm)
        repository, route = self._registry.repository(copy.model), self._router.route(copy.model)
        if repository is None or route is None or version == copy.version:
            return
        if not repository.is_available(version):
            return
        tally, started = route.watch.tally(version), time.monotonic()
        try:
            with repository.acquire(version) as model:
                found = model.call(copy.signature, copy.inputs, (), started + _LONGEST_RUN_S)
        except ServingError:
            tally.count(time.monotonic(), 0.0, failed=True)
            return
        now = time.monotonic()
        tally.count(now, now - started, failed=False)
        compared = flips_between(copy.outputs, found)
        if compared is not None:
            rows, flips = compared
            tally.compare(now, rows, sum(flips.values()))
            self._note((copy.model, arm.name), rows, flips)

    def _note(self, key: tuple[str, str], rows: int, flips: Flips) -> None:
        with self._changed:
            known = self._compared.setdefault(key, Compared())
            known.rows += rows
            for flip, times in flips.items():
                if flip in known.flips or len(known.flips) < _MOST_FLIPS:
                    known.flips[flip] += times


def _told(compared: Compared) -> Mapping[str, Any]:
    flips: Iterable[tuple[tuple[str, str], int]] = compared.flips.most_common()
    listed = [{"from": one, "to": other, "rows": rows} for (one, other), rows in flips]
    differed = sum(one["rows"] for one in listed if isinstance(one["rows"], int))
    return {"rows": compared.rows, "agreed": compared.rows - differed, "flips": listed}


def _size_of(array: Array) -> int:
    if array.dtype.hasobject:
        return sum(len(one) for one in array.flat if isinstance(one, bytes)) + array.nbytes
    return array.nbytes


def _be_nice() -> None:
    """Let the system prefer other threads to the present one, where it can tell them apart."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
