"""The else-branch of a run: a command for a model that did not meet its conditions."""

import logging
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bert_aas.contracts.files.atomic import write_text
from bert_aas.contracts.files.locations import is_remote
from bert_aas.contracts.plain_text import printable, printable_json
from bert_aas.contracts.processes.children import ChildProcess
from components.evaluator.params import EvaluateParams
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.environment import child_environment
from pipeline.runs.conditions import not_met

_NOT_BLESSED = "not_blessed"
_VARIABLE = "BERT_AAS_"
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Branch:
    """What a command is told of the run.

    Attributes:
        summary: The content of `run.json`.
        summary_file: Where that is.
        evaluation_file: Where `evaluation.json` is.
    """

    summary: dict[str, Any]
    summary_file: str
    evaluation_file: str | None


def is_due(summary: Mapping[str, Any], params: EvaluateParams) -> bool:
    """Tell whether the command is to be run.

    Args:
        summary: The content of `run.json`.
        params: The section `evaluate`.

    Returns:
        Whether the run came to its end, its model did not meet its conditions, and there is one.
    """
    ended = summary["status"] == _NOT_BLESSED
    return ended and params.otherwise == "command" and bool(not_met(summary["conditions"]))


def take_branch(branch: Branch, config: PipelineConfig) -> None:
    """Run the command if it is due, and note in the summary how it ended.

    Args:
        branch: The run; its summary is changed and written again.
        config: The configuration of the run.
    """
    if not is_due(branch.summary, config.evaluate):
        return
    branch.summary["otherwise"] = run_command(branch, config.evaluate)
    if not branch.summary_file or is_remote(branch.summary_file):
        return
    try:
        write_text(Path(branch.summary_file), printable_json(branch.summary) + "\n")
    except OSError:  # the command has run, whatever is left of the disk
        _logger.exception("%s cannot be written", branch.summary_file)


def run_command(branch: Branch, params: EvaluateParams) -> dict[str, Any]:
    """Run the command once; its output goes to the log.

    Args:
        branch: What it is told.
        params: The section `evaluate`.

    Returns:
        For `run.json`: `command`, `exit_code` (negative: the number of a signal; `None`: it could
        not be started), `timed_out`, `seconds` and `sentence`.
    """
    started = time.monotonic()
    code: int | None = None
    timed_out = False
    try:
        code, timed_out = _run(branch, params)
    except OSError as exc:
        sentence = f"{params.command[0]} cannot be started: {exc.strerror or exc}"
    else:
        sentence = _ended(code, params.command_timeout_s if timed_out else None)
    _logger.info("otherwise: %s", sentence)
    return {
        "command": list(params.command),
        "exit_code": code,
        "timed_out": timed_out,
        "seconds": round(time.monotonic() - started, 2),
        "sentence": sentence,
    }


def _run(branch: Branch, params: EvaluateParams) -> tuple[int, bool]:
    process = ChildProcess(
        params.command,
        env=_environment(branch),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    late = threading.Event()

    def stop() -> None:
        late.set()
        process.stop()

    timer = threading.Timer(params.command_timeout_s, stop)
    timer.start()
    try:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        for line in process.stdout:
            _logger.info("%s", printable(line.rstrip("\n")))
        process.stdout.close()
        return process.wait(), late.is_set()
    finally:
        timer.cancel()
        timer.join()


def _ended(code: int, limit_s: float | None) -> str:
    if limit_s is not None:
        return f"the command was stopped after {limit_s:g} s"
    if code < 0:
        return f"the command was ended by {signal.Signals(-code).name}"
    return f"the command ended with exit code {code}"


def _environment(branch: Branch) -> dict[str, str]:
    told = {
        "RUN_ID": branch.summary["run_id"],
        "RUN_FILE": branch.summary_file,
        "EVALUATION_FILE": branch.evaluation_file or "",
        "REPORT_FILE": branch.summary["report"],
        "FAILED_CONDITIONS": "\n".join(
            one["name"] for one in not_met(branch.summary["conditions"])
        ),
        "REASON": branch.summary["reason"],
    }
    made = {f"{_VARIABLE}{name}": str(value).replace("\0", " ") for name, value in told.items()}
    return {**child_environment(), **made}
