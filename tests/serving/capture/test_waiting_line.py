from pathlib import Path
from typing import Any

from serving.capture.inference import Origin
from serving.capture.rules import CaptureRules, Waiting
from serving.capture.sinks import CaptureSink
from serving.capture.waiting_line import WaitingLine
from tests.serving.capture.inferences import text_inference

SINK = CaptureSink(CaptureRules(Path("/none"), {}))


def waiter(size: int = 1) -> Any:
    return SINK, text_inference("a"), Origin("REST", size)


def test_first_come_first_written() -> None:
    line = WaitingLine(Waiting())
    waiters = [waiter() for _ in range(3)]
    assert all(line.put(one) for one in waiters)
    assert line.take(2) == waiters[:2]
    assert line.take(2) == waiters[2:]
    assert line.take(2) == []


def test_too_many_are_refused_until_some_are_taken() -> None:
    line = WaitingLine(Waiting(requests=2))
    assert [line.put(waiter()) for _ in range(3)] == [True, True, False]
    line.take(1)
    assert [line.put(waiter()) for _ in range(2)] == [True, False]


def test_too_many_bytes_are_refused_until_some_are_taken() -> None:
    line = WaitingLine(Waiting(size=10))
    assert [line.put(waiter(size)) for size in (6, 5, 4)] == [True, False, True]
    line.take(1)
    assert [line.put(waiter(size)) for size in (7, 6)] == [False, True]


def test_it_says_when_it_fills_up() -> None:
    line = WaitingLine(Waiting(requests=8))
    line.put(waiter())
    assert not line.filling.is_set()
    line.put(waiter())
    assert line.filling.is_set()
    line.take(2)
    assert not line.filling.is_set()
