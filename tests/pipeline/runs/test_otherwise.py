"""The command that is run for a model that did not meet its conditions."""

import json
import logging
import sys
from pathlib import Path
from typing import Any

import pytest

from components.example_gen.params import DataParams
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.runs.otherwise import Branch, is_due, run_command, take_branch

TELL = (
    "import json, os; print(json.dumps({k: v for k, v in os.environ.items()"
    " if 'BERT_AAS' in k and k != 'BERT_AAS_CACHE'}))"  # the tests' own
)
FAILED = {"name": "books", "decides": True, "outcome": "failed"}
PART = {"name": "part", "decides": False, "outcome": "failed"}


def config(*command: str, otherwise: str = "command", timeout_s: float = 60) -> PipelineConfig:
    evaluate = {"otherwise": otherwise, "command": command, "command_timeout_s": timeout_s}
    registry = {"enabled": otherwise == "register_rejected"}
    return PipelineConfig.model_validate(
        {"data": DataParams(path="a.csv"), "evaluate": evaluate, "registry": registry}
    )


def branch(folder: Path, *conditions: dict[str, Any], status: str = "not_blessed") -> Branch:
    summary = {
        "run_id": "r1",
        "status": status,
        "conditions": list(conditions),
        "report": "/out/report.html",
        "reason": "not blessed: why",
    }
    return Branch(summary, str(folder / "run.json"), "/out/evaluation.json")


def test_it_is_told_the_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    given = branch(tmp_path, FAILED, PART)
    take_branch(given, config(sys.executable, "-c", TELL))
    told = json.loads(next(line for line in caplog.messages if line.startswith("{")))
    assert told == {
        "BERT_AAS_RUN_ID": "r1",
        "BERT_AAS_RUN_FILE": str(tmp_path / "run.json"),
        "BERT_AAS_EVALUATION_FILE": "/out/evaluation.json",
        "BERT_AAS_REPORT_FILE": "/out/report.html",
        "BERT_AAS_FAILED_CONDITIONS": "books",
        "BERT_AAS_REASON": "not blessed: why",
    }
    written = json.loads((tmp_path / "run.json").read_text())["otherwise"]
    assert (written["exit_code"], written["timed_out"]) == (0, False)
    assert written["sentence"] == "the command ended with exit code 0"


def test_its_exit_code_is_told(tmp_path: Path) -> None:
    found = run_command(branch(tmp_path), config(sys.executable, "-c", "exit(7)").evaluate)
    assert (found["exit_code"], found["sentence"]) == (7, "the command ended with exit code 7")


def test_it_is_stopped_after_its_time(tmp_path: Path) -> None:
    endless = "import time\nwhile True: time.sleep(1)"
    given = config(sys.executable, "-c", endless, timeout_s=0.2)
    found = run_command(branch(tmp_path), given.evaluate)
    assert found["timed_out"]
    assert found["sentence"] == "the command was stopped after 0.2 s"


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    found = run_command(branch(tmp_path), config("/no/such/program").evaluate)
    assert found["exit_code"] is None
    assert found["sentence"] == "/no/such/program cannot be started: No such file or directory"


@pytest.mark.parametrize(
    ("conditions", "status", "otherwise", "due"),
    [
        ([FAILED], "not_blessed", "command", True),
        ([{**FAILED, "outcome": "not_measured"}], "not_blessed", "command", True),
        ([PART], "not_blessed", "command", False),  # the server's test refused the model
        ([], "not_blessed", "command", False),
        ([FAILED], "failed", "command", False),
        ([FAILED], "succeeded", "command", False),
        ([FAILED], "not_blessed", "register_rejected", False),
    ],
)
def test_when_it_is_due(
    conditions: list[dict[str, Any]], status: str, otherwise: str, due: Any, tmp_path: Path
) -> None:
    command = ["true"] if otherwise == "command" else []
    given = config(*command, otherwise=otherwise).evaluate
    assert is_due(branch(tmp_path, *conditions, status=status).summary, given) is due
