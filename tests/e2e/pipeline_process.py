"""Start `bert-aas` as a user does, watch it, kill it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.holding import Hold

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 1500.0
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
        return self.summary()

    def summary(self) -> dict[str, Any]:
        """The content of run.json, of the last run."""
        content: dict[str, Any] = json.loads((self.output / "run.json").read_text())
        return content

    def start(self, *settings: str, **variables: str) -> "subprocess.Popen[bytes]":
        """Start the pipeline, with more environment variables."""
        overrides = [f"--set={setting}" for setting in settings]
        return self.command(
            *("run", "--config", str(self.config), "--output-dir", str(self.output)),
            *overrides,
            **variables,
        )

    def command(self, *arguments: str, **variables: str) -> "subprocess.Popen[bytes]":
        """Start any command of `bert-aas`, with more environment variables."""
        return subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=self.sources,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **variables},
        )

    def kill_before(self, function: Callable[..., Any], *settings: str) -> None:
        """Start the pipeline and kill it with SIGKILL when it is about to call a function."""
        hold = Hold.before(function, self.output.parent / "hold")
        process = self.start(*settings, **hold.environment())
        hold.wait_for(process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        hold.release()
        assert process.returncode == -signal.SIGKILL

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
