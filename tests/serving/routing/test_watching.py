from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np
import pytest

from bert_aas.traffic.alarms import Alarm
from serving.errors import Code, InvalidArgumentError, OverloadedError, ServingError
from serving.routing.watching import Watch, sum_of_confidence, watch_for
from serving.servables.model import Array, Arrays, LoadedModel, Pending
from tests.serving.routing.plan_files import ab

PROBABILITIES = np.array([[0.2, 0.8], [0.6, 0.4]], np.float32)


def run(
    name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
) -> dict[str, Array]:
    return {"probabilities": PROBABILITIES}


class Queue:
    """Queues runs that answer at once; takes none of the signature `never`."""

    def is_busy(self) -> bool:
        return True

    def submit(self, name: str, *_: Any) -> Pending | None:
        if name == "never":
            return None
        answer: Future[Any] = Future()
        answer.set_result(PROBABILITIES)
        return Pending(answer, lambda found: {"probabilities": found}, lambda: None)


def model(version: int = 1, **changes: Any) -> LoadedModel:
    return LoadedModel("m", version, {}, {}, run, **changes)


def test_answers_are_looked_at_and_passed_on() -> None:
    watch = Watch()
    watched = watch.over(model())
    assert watched.run("s", {}, [], None)["probabilities"] is PROBABILITIES
    total = watch.tally(1).total
    assert (total.requests, total.errors, total.rows) == (1, 0, 2)
    assert total.mean_confidence == pytest.approx(0.7)
    assert watched.queue is None


def test_answers_of_the_queue_are_looked_at_too() -> None:
    watch = Watch()
    queue = watch.over(model(queue=Queue())).queue
    assert queue is not None
    assert queue.is_busy()
    pending = queue.submit("s", {}, [], None)
    assert pending is not None
    assert pending.finish(pending.answer.result())["probabilities"] is PROBABILITIES
    assert (watch.tally(1).total.requests, watch.tally(1).total.rows) == (1, 2)
    assert queue.submit("never", {}, [], None) is None


def test_a_model_is_watched_once_and_let_go() -> None:
    watch, first, again = Watch(), model(), model()
    assert watch.over(first) is watch.over(first)
    assert watch.over(again) is not watch.over(first)  # the version was loaded again
    before = watch.over(first)
    watch.forget([2])
    assert watch.over(first) is not before


@pytest.mark.parametrize(
    ("exc", "errors", "crashes"),
    [
        (ServingError(Code.INTERNAL, "x"), 1, 1),
        (RuntimeError("x"), 1, 1),
        (InvalidArgumentError("x"), 1, 0),
        (TimeoutError(), 1, 0),
        (OverloadedError("x"), 0, 0),
        (ServingError(Code.CANCELLED, "x"), 0, 0),
        (KeyboardInterrupt(), 0, 0),
    ],
)
def test_errors_that_may_be_the_versions(exc: BaseException, errors: int, crashes: int) -> None:
    watch = Watch()
    watch.fail(1, exc)
    total = watch.tally(1).total
    assert (total.requests, total.errors, total.crashes) == (errors, errors, crashes)
    assert not total.bins


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ({"probabilities": PROBABILITIES}, (1.4, 2)),
        ({"scores": PROBABILITIES}, (1.4, 2)),
        ({"label": np.array([b"a"], object)}, (0.0, 0)),
        ({"scores": np.array([0.5], np.float32)}, (0.0, 0)),
        ({"scores": np.zeros((0, 2), np.float32)}, (0.0, 0)),
        ({"scores": np.array([[b"a"]], object)}, (0.0, 0)),
    ],
)
def test_confidence(outputs: dict[str, Array], expected: tuple[float, int]) -> None:
    assert sum_of_confidence(outputs) == pytest.approx(expected)


def test_the_next_plan_goes_on_counting_where_the_windows_are_the_same() -> None:
    plan = ab("m", {1: 50, 2: 50})
    watch = watch_for(plan, None)
    assert watch_for(plan, watch) is watch
    longer = ab("m", {1: 50, 2: 50}, alarms=(Alarm("error_rate", 0.1, 3600.0),))
    assert watch_for(longer, watch).window_s == 3600.0
