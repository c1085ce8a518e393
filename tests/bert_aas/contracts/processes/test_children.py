"""Children end with all they started, and with their parent, however that ends."""

import contextlib
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bert_aas.contracts.processes.children import ChildProcess

ROOT = Path(__file__).resolve().parents[4]
LIMIT_S = 120.0
# Prints its number and that of a child of its own, then waits for a signal.
FAMILY = """
import os, signal, subprocess, sys
signal.signal(signal.SIGTERM, {on_sigterm})
child = subprocess.Popen([sys.executable, "-S", "-c", "import signal; signal.pause()"])
print(os.getpid(), child.pid, flush=True)
while True:
    signal.pause()
"""
LISTENING, STUBBORN = (
    FAMILY.format(on_sigterm=f"signal.{name}") for name in ("SIG_DFL", "SIG_IGN")
)
PARENT = """
import os, signal, subprocess, sys, threading
from bert_aas.contracts.processes.children import ChildProcess
def start():
    global child
    command = [sys.executable, "-S", "-c", sys.argv[1]]
    child = ChildProcess(command, grace_s=0.1, stdout=subprocess.PIPE, text=True, **{options})
    print(child.stdout.readline(), end="", flush=True)
    {after}
{start}
signal.pause()
"""


def parent(code: str, start: str = "start()", after: str = "", options: str = "{}") -> "Parent":
    program = PARENT.format(start=start, after=after, options=options)
    return Parent(
        [sys.executable, "-c", program, code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


class Parent(subprocess.Popen[str]):
    """A process that has started a child, whose numbers its first line holds."""

    def family(self) -> list[int]:
        """Open what shows the end of each process, whoever gets its number later."""
        assert self.stdout is not None
        return [os.pidfd_open(int(number)) for number in self.stdout.readline().split()]

    def __exit__(self, *error: object) -> None:
        """End it if a test did not get so far."""
        self.kill()
        super().__exit__(*error)  # type: ignore[arg-type]


def all_end(descriptors: list[int]) -> bool:
    """Wait until all processes have ended."""
    return all(select.select([one], [], [], LIMIT_S)[0] for one in descriptors)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGHUP])
@pytest.mark.parametrize("code", [LISTENING, STUBBORN])
def test_no_child_outlives_its_parent(number: signal.Signals, code: str) -> None:
    with parent(code) as process:
        family = process.family()
        process.send_signal(number)
        process.wait()
        assert all_end(family)


def test_a_child_that_is_asked_to_end_first_is_killed_if_it_does_not() -> None:
    with parent(STUBBORN, options="{'last_signal': signal.SIGTERM}") as process:
        family = process.family()
        process.kill()
        assert all_end(family)


def test_a_child_outlives_the_thread_that_started_it() -> None:
    start = "thread = threading.Thread(target=start); thread.start(); thread.join()"
    with parent(LISTENING, f"{start}; print(child.is_running, flush=True)") as process:
        family = process.family()
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        process.kill()
        assert all_end(family)


def test_processes_that_the_parent_forks_hold_nothing_open() -> None:
    fork = "forked = os.fork() or signal.pause(); print(forked, flush=True)"
    with parent(LISTENING, after=fork) as process:
        family = process.family()
        assert process.stdout is not None
        forked = process.stdout.readline()
        process.kill()
        assert all_end(family)
        os.kill(int(forked), signal.SIGKILL)


def test_a_child_ends_with_its_guardian() -> None:
    child = ChildProcess([sys.executable, "-S", "-c", LISTENING], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    family = [os.pidfd_open(int(number)) for number in child.stdout.readline().split()]
    os.kill(child._process.pid, signal.SIGKILL)
    assert all_end(family[:1])
    assert child.wait() == -signal.SIGKILL
    child.stdout.close()
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(family[1], signal.SIGKILL)


def test_what_a_child_started_ends_with_it() -> None:
    child = ChildProcess([sys.executable, "-S", "-c", LISTENING], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    own, other = map(int, child.stdout.readline().split())
    family = [os.pidfd_open(own), os.pidfd_open(other)]
    os.kill(own, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert all_end(family)
    assert child.stdout.read() == ""
    child.stdout.close()


@pytest.mark.parametrize(("code", "ended"), [(LISTENING, -signal.SIGTERM), (STUBBORN, -9)])
def test_stop(code: str, ended: int) -> None:
    child = ChildProcess([sys.executable, "-S", "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    family = [os.pidfd_open(int(number)) for number in child.stdout.readline().split()]
    assert child.is_running
    assert child.stop(0.1) == ended
    assert not child.is_running
    assert all_end(family)
    child.stdout.close()


def test_nothing_is_signalled_after_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    child = ChildProcess(["true"])
    assert child.wait() == 0
    for name in ("kill", "killpg"):
        monkeypatch.setattr(os, name, lambda *_: pytest.fail("its number may be another's now"))
    descriptor = os.open(os.devnull, os.O_WRONLY)  # may get the number of the closed one
    monkeypatch.setattr(os, "write", lambda *_: pytest.fail("nobody reads this"))
    child.send(signal.SIGTERM)
    assert child.stop() == 0
    os.close(descriptor)


def test_stop_within_the_handler_of_a_signal_that_interrupts_a_wait() -> None:
    # In a process of its own: nothing else there has a say in its signals.
    program = """
import os, signal, threading
from bert_aas.contracts.processes.children import ChildProcess
child = ChildProcess(["sleep", "600"])
signal.signal(signal.SIGUSR1, lambda number, frame: child.stop())
threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGUSR1)).start()
print(child.wait())
"""
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"{-signal.SIGTERM:d}\n", "")


@pytest.mark.parametrize("code", [0, 3, 255])
def test_exit_codes_are_passed_on(code: int) -> None:
    assert ChildProcess(["sh", "-c", f"exit {code}"]).wait() == code


def test_the_end_by_a_signal_is_passed_on() -> None:
    assert ChildProcess(["sh", "-c", "kill -SEGV $$"]).wait() == -signal.SIGSEGV


@pytest.mark.parametrize(
    ("program", "error"), [("/no/such", FileNotFoundError), ("/etc/passwd", PermissionError)]
)
def test_what_cannot_be_started_is_an_error_at_once(program: str, error: type[OSError]) -> None:
    with pytest.raises(error) as refused:
        ChildProcess([program, "x"])
    assert refused.value.filename == program


def test_the_program_sees_what_it_would_see_without_a_guardian(tmp_path: Path) -> None:
    shown = 'cat; pwd; env; grep Sig[IB] /proc/self/status; ls /proc/self/fd | wc -l; echo "$@"'
    command = ["sh", "-c", shown, "sh", "$(id)", "it's"]
    options: dict[str, Any] = {
        "cwd": tmp_path,
        "env": {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        "text": True,
    }
    plain = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, check=True, **options
    )
    child = ChildProcess(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **options,
    )
    assert child.stdout is not None
    assert child.stdout.read() == plain.stdout
    assert child.wait() == 0
    child.stdout.close()
