"""SIGTERM becomes an exception that nothing takes for an error."""

import os
import signal
import time

import pytest

from pipeline.stopping import EXIT_TERMINATED, Terminated, terminated_by_sigterm


def stop_myself(signals: int) -> list[str]:
    """Send SIGTERM inside the block and in its cleaning up; return what was reached."""
    reached = []
    try:
        with terminated_by_sigterm():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                reached.append("after the signal")
            finally:
                for _ in range(signals - 1):
                    os.kill(os.getpid(), signal.SIGTERM)
                reached.append("cleaned up")
    except Terminated:
        reached.append("terminated")
    return reached


def test_sigterm_is_raised_where_the_program_is() -> None:
    assert stop_myself(signals=1) == ["cleaned up", "terminated"]


def test_a_second_one_does_not_stop_the_cleaning_up() -> None:
    assert stop_myself(signals=2) == ["cleaned up", "terminated"]


class KillsWhenDeleted:
    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)


def test_it_arrives_even_where_python_drops_an_exception() -> None:
    deadline = time.monotonic() + 60
    with pytest.raises(Terminated), terminated_by_sigterm():
        stopped_in_a_destructor(deadline)
    assert time.monotonic() < deadline


def stopped_in_a_destructor(deadline: float) -> None:
    victim = KillsWhenDeleted()
    del victim
    while time.monotonic() < deadline:
        time.sleep(0.01)


def test_afterwards_all_is_as_before() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGALRM)
    with terminated_by_sigterm():
        assert signal.getsignal(signal.SIGTERM) != before[0]
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGALRM)) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_an_alarm_at_the_very_end_sets_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    reset = signal.setitimer

    def reset_too_late(which: int, seconds: float) -> None:
        reset(which, seconds)
        if not seconds:
            os.kill(os.getpid(), signal.SIGALRM)

    monkeypatch.setattr(signal, "setitimer", reset_too_late)
    assert stop_myself(signals=1) == ["cleaned up", "terminated"]
    try:
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    finally:
        reset(signal.ITIMER_REAL, 0)


def test_it_is_no_exception_that_a_library_would_catch() -> None:
    assert not issubclass(Terminated, Exception)
    assert EXIT_TERMINATED == 143
