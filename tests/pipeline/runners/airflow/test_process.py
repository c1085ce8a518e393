import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pipeline.runners.airflow.process import NodeProcess

LIMIT_S = 60.0
# Says so, then waits for a signal; a child of it holds its output open.
WITH_CHILD = """
import signal, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
print(child.pid, flush=True)
signal.pause()
"""
STUBBORN = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
while True:
    signal.pause()
"""
CLEAN = """
import signal, sys
def stop(number, frame):
    print("cleaning up", flush=True)
    sys.exit(143)
signal.signal(signal.SIGTERM, stop)
print("ready", flush=True)
signal.pause()
"""
PARENT = """
import sys
from pipeline.runners.airflow.process import NodeProcess
CHILD = "import os, signal; print(os.getpid(), flush=True); signal.pause()"
NodeProcess([sys.executable, "-c", CHILD]).follow(lambda line: print(line, flush=True))
"""


def run(code: str, shown: Callable[[str], None]) -> int:
    return NodeProcess([sys.executable, "-c", code]).follow(shown)


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + LIMIT_S
    while alive(pid):
        assert time.monotonic() < deadline, f"process {pid} is still there"


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # gone before the opening, or the reading
        return False


def test_both_outputs_are_shown_line_by_line() -> None:
    lines: list[str] = []

    code = run("import sys; print('é', flush=True); print('two', file=sys.stderr)", lines.append)

    assert (code, lines) == (0, ["é", "two"])


def test_exit_code_is_passed_on() -> None:
    assert run("raise SystemExit(3)", print) == 3


def test_no_shell_reads_the_arguments() -> None:
    lines: list[str] = []

    NodeProcess([sys.executable, "-c", "import sys; print(sys.argv[1])", "$(id); `id`"]).follow(
        lines.append
    )

    assert lines == ["$(id); `id`"]


def test_stop_lets_the_process_clean_up() -> None:
    process = NodeProcess([sys.executable, "-c", CLEAN])
    lines: list[str] = []

    def stop_when_ready(line: str) -> None:
        lines.append(line)
        if line == "ready":
            process.stop()

    assert process.follow(stop_when_ready) == 143
    assert lines == ["ready", "cleaning up"]


def test_stop_kills_a_process_that_does_not_listen() -> None:
    process = NodeProcess([sys.executable, "-c", STUBBORN])

    assert process.follow(lambda _: process.stop(timeout_s=0.1)) == -signal.SIGKILL


def test_killed_process_leaves_no_child() -> None:
    process = NodeProcess([sys.executable, "-c", WITH_CHILD])
    children: list[int] = []

    def kill(line: str) -> None:
        children.append(int(line))
        (stat,) = Path(f"/proc/{line}/stat").read_text().splitlines()
        os.kill(int(stat.rpartition(")")[2].split()[1]), signal.SIGKILL)

    assert process.follow(kill) == -signal.SIGKILL
    wait_until_gone(children[0])


def test_process_ends_with_the_one_that_started_it() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())

    parent.kill()
    parent.communicate()

    wait_until_gone(child)
