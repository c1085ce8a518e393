"""OpenVINO reports each import of it over the network; neither server nor Optimizer let it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
FOUND = """
import sys, threading
print("openvino" in sys.modules, sys.modules.get("openvino_telemetry"), threading.active_count())
"""


def loaded(program: str) -> str:
    command = [sys.executable, "-W", "ignore", "-c", program + FOUND]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    "program",
    [
        "import components.optimizer.forms.conversion",
        "import components.optimizer.optimizing",
        "from serving.engines.openvino import _create_core; core = _create_core()",
    ],
)
def test_nothing_is_reported(program: str) -> None:
    assert loaded(program) == "True None 1\n"


def test_plain_openvino_would_report() -> None:
    assert " <module 'openvino_telemetry'" in loaded("import openvino")
