"""What a process takes, from its start to its end."""

import os
import shlex
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

_KIB_PER_MIB = 1024


@dataclass(frozen=True)
class Used:
    """What a process took, the children included that it waited for.

    Attributes:
        seconds: From start to end.
        processor_s: Seconds of the processor, in user and system mode.
        peak_mib: Most memory that one of them held at a time, MiB; never less than the caller's.
    """

    seconds: float
    processor_s: float
    peak_mib: float


def used_by(command: list[str], name: str | None = None, folder: Path | None = None) -> Used:
    """Run a command without its output, and measure it.

    Args:
        command: Program and arguments.
        name: What a message calls it; default: the command.
        folder: Where it runs; default: the working folder.

    Returns:
        What it took.

    Raises:
        SystemExit: If it fails.
    """
    started = time.monotonic()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - started
    if process.returncode:
        raise SystemExit(
            f"{name or shlex.join(command)} ended with exit code {process.returncode}; "
            "run it by hand to see why"
        )
    return Used(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / _KIB_PER_MIB)
