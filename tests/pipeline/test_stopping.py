"""SIGTERM becomes an exception that nothing takes for an error.

Each program is a process of its own: the signals are real, and a test worker has other threads and
libraries whose handlers they would meet.
"""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bert_aas.contracts.exit_codes import EXIT_TERMINATED
from pipeline.stopping import Terminated

ROOT = Path(__file__).resolve().parents[2]
STOP_MYSELF = """
import os, signal, time
from pipeline.stopping import Terminated, terminated_by_sigterm

def stop_myself(signals):
    try:
        with terminated_by_sigterm():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                print("after the signal")
            finally:
                for _ in range(signals - 1):
                    os.kill(os.getpid(), signal.SIGTERM)
                print("cleaned up")
    except Terminated:
        print("terminated")
"""


def run(program: str) -> list[str]:
    """Run a program after `STOP_MYSELF`; return the lines that it prints."""
    command = [sys.executable, "-c", STOP_MYSELF + program]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("signals", [1, 2])
def test_it_is_raised_where_the_program_is_and_once(signals: int) -> None:
    assert run(f"stop_myself({signals})") == ["cleaned up", "terminated"]


DESTRUCTOR = """
class KillsWhenDeleted:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)

def wait():
    victim = KillsWhenDeleted()
    del victim
    for _ in range(6000):
        time.sleep(0.01)

try:
    with terminated_by_sigterm():
        wait()
except Terminated:
    print("terminated")
"""


def test_it_arrives_even_where_python_drops_an_exception() -> None:
    assert run(DESTRUCTOR) == ["terminated"]


AS_BEFORE = """
before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGALRM)
with terminated_by_sigterm():
    print(signal.getsignal(signal.SIGTERM) != before[0])
print((signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGALRM)) == before)
print(signal.getitimer(signal.ITIMER_REAL))
"""


def test_afterwards_all_is_as_before() -> None:
    assert run(AS_BEFORE) == ["True", "True", "(0.0, 0.0)"]


LATE_ALARM = """
reset = signal.setitimer

def reset_too_late(which, seconds):
    reset(which, seconds)
    if not seconds:
        os.kill(os.getpid(), signal.SIGALRM)

signal.setitimer = reset_too_late
stop_myself(1)
print(signal.getitimer(signal.ITIMER_REAL))
"""


def test_an_alarm_at_the_very_end_sets_no_other() -> None:
    assert run(LATE_ALARM) == ["cleaned up", "terminated", "(0.0, 0.0)"]


def test_it_is_no_exception_that_a_library_would_catch() -> None:
    assert not issubclass(Terminated, Exception)
    assert EXIT_TERMINATED == 128 + signal.SIGTERM
