"""The libraries' messages at start-up, by the environment."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(("given", "kept"), [({}, "3"), ({"TF_CPP_MIN_LOG_LEVEL": "0"}, "0")])
def test_tensorflow_is_quiet_unless_asked_otherwise(given: dict[str, str], kept: str) -> None:
    program = (
        "import os; from pipeline.settings import quiet_libraries; quiet_libraries(); "
        "print(os.environ['TF_CPP_MIN_LOG_LEVEL'])"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=given, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == kept
