"""Start `bert-aas` as a user does, watch it, kill it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 600.0
COMMAND = (sys.executable, "-c", "from pipeline.cli import entry_point; entry_point()")


@dataclass(frozen=True)
class Project:
    """One output folder with the configuration that fills it.

    Attributes:
        output: The output folder.
        config: The configuration file.
        sources: Folder that holds the packages to run.
    """

    output: Path
    config: Path
    sources: Path = ROOT

    def run(self, *settings: str, expect: int = 0) -> dict[str, Any]:
        """Run the pipeline to its end and return the content of run.json."""
        process = self.start(*settings)
        printed, _ = process.communicate(timeout=TIMEOUT_S)
        assert process.returncode == expect, printed.decode() + self.log_tail()
        content: dict[str, Any] = json.loads((self.output / "run.json").read_text())
        return content

    def start(self, *settings: str) -> "subprocess.Popen[bytes]":
        """Start the pipeline."""
        overrides = [f"--set={setting}" for setting in settings]
        return self.command(
            "run", "--config", str(self.config), "--output-dir", str(self.output), *overrides
        )

    def command(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start any command of `bert-aas`."""
        return subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=self.sources,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )

    def kill_when(self, node_id: str, seen: Callable[[], bool], *settings: str) -> None:
        """Start the pipeline and kill it with SIGKILL once a node runs and something is seen."""
        process = self.start(*settings)
        assert process.stdout is not None
        for line in process.stdout:
            if line.decode().strip() == f"… {node_id}":
                break
        deadline = time.monotonic() + TIMEOUT_S
        while not seen():
            assert process.poll() is None, f"{node_id} ended before it could be killed"
            assert time.monotonic() < deadline, f"nothing to see of {node_id}"
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL

    def running_execution(self, node_id: str, key: str) -> bool:
        """Whether an execution of the node has made its output folder for the key."""
        return any((self.output / "artifacts" / node_id / key).glob("*"))

    def versions(self) -> list[str]:
        """The pushed versions."""
        folder = self.output / "serving_model"
        return sorted(path.name for path in folder.glob("*") if path.name.isdecimal())

    def logged(self) -> str:
        """All logs of all runs."""
        return "".join(
            path.read_text(errors="replace") for path in (self.output / "logs").glob("*.log")
        )

    def log_tail(self) -> str:
        """The end of the newest log."""
        logs = sorted((self.output / "logs").glob("*.log"))
        return "\n".join(logs[-1].read_text(errors="replace").splitlines()[-60:]) if logs else ""


def states(run: dict[str, Any]) -> dict[str, str]:
    """Node id to state."""
    return {node["id"]: node["state"] for node in run["nodes"]}


def executed(run: dict[str, Any]) -> set[str]:
    """The nodes that did work."""
    return {node for node, state in states(run).items() if state == "executed"}
