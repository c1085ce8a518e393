"""Hold processes at a definite point, where a test sends its signals."""

import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SITE = Path(__file__).with_name("held")
LOOK_AGAIN_S = 0.05
TIMEOUT_S = 1500.0


@dataclass(frozen=True)
class Hold:
    """Python processes that are about to call a function wait as long as the folder is there.

    Attributes:
        folder: Has a file for each process that waits; its name is the process's number.
        function: A function of ours, or a method.
    """

    folder: Path
    function: Callable[..., Any]

    @classmethod
    def before(cls, function: Callable[..., Any], folder: Path) -> "Hold":
        """Make the folder."""
        folder.mkdir()
        return cls(folder, function)

    def environment(self) -> dict[str, str]:
        """The environment variables of processes that shall wait."""
        return {
            "PYTHONPATH": str(SITE),
            "HELD_BEFORE": f"{self.function.__module__}:{self.function.__qualname__}",
            "HELD_IN": str(self.folder),
        }

    def waiting(self) -> list[int]:
        """The processes that came to the function."""
        return [int(file.name) for file in self.folder.iterdir()]

    def wait_for(self, process: "subprocess.Popen[Any]") -> None:
        """Wait until a process, or a child of it, has come to the function."""
        deadline = time.monotonic() + TIMEOUT_S
        while not self.waiting():
            assert process.poll() is None, f"ended before {self.function.__qualname__}"
            assert time.monotonic() < deadline, f"never came to {self.function.__qualname__}"
            time.sleep(LOOK_AGAIN_S)

    def release(self) -> None:
        """Let every process go on, now and later; another hold may take the folder's name."""
        # All at once: a process that comes while files are deleted would find the folder.
        shutil.rmtree(self.folder.rename(self.folder.with_name(f"{self.folder.name}-released")))
