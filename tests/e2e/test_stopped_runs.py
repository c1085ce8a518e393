"""A run that is stopped while InfraValidator's server works leaves no process behind."""

import os
import select
import signal
import time
from pathlib import Path

import pytest

from tests.e2e.pipeline_process import TIMEOUT_S, Project

pytestmark = pytest.mark.e2e

LOOK_AGAIN_S = 0.05
SERVER = """#!/bin/sh
echo $$ > "{folder}/pid.new"
sleep 600 &
echo $! >> "{folder}/pid.new"
mv "{folder}/pid.new" "{folder}/pid"
wait
"""


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """A folder for the PATH with a server that never answers, and has a child of its own."""
    folder = tmp_path / "server"
    folder.mkdir()
    program = folder / "tensorflow_model_server"
    program.write_text(SERVER.format(folder=folder))
    program.chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        (signal.SIGTERM, None, ""),
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGKILL, -9, ""),
    ],
)
def test_no_server_stays(
    adopted_project: Project, server: Path, number: signal.Signals, code: int | None, said: str
) -> None:
    setting = f"infra_validate.num_requests={number + 2}"  # not from the cache
    process = adopted_project.start(setting, PATH=f"{server}:{os.defpath}")
    deadline = time.monotonic() + TIMEOUT_S
    while not (server / "pid").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(LOOK_AGAIN_S)
    family = [os.pidfd_open(int(one)) for one in (server / "pid").read_text().split()]
    process.send_signal(number)
    printed, _ = process.communicate(timeout=TIMEOUT_S)
    # What a library's own handler of SIGTERM makes of it is no concern of this test.
    assert process.returncode == code if code is not None else process.returncode
    assert said in printed.decode()
    assert all(select.select([one], [], [], TIMEOUT_S)[0] for one in family)

    assert adopted_project.run(setting)["status"] == "succeeded"  # the metadata are sound
