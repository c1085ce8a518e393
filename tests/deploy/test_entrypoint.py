"""The image's entry point, run for real: it starts this server and passes its arguments on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from serving.client import RestClient, Retries
from tests.deploy.tools import DEPLOY, ROOT, check
from tests.serving.client.exporter import export_classifier
from tests.serving.client.processes import free_ports, wait_for

SCRIPT = DEPLOY / "entrypoint.sh"


def environment(**variables: str) -> dict[str, str]:
    # `python` is the interpreter of the tests, as it is the image's own there.
    path = f"{Path(sys.executable).parent}{os.pathsep}/usr/bin{os.pathsep}/bin"
    return {"PATH": path, "PYTHONPATH": str(ROOT), **variables}


def refused(*arguments: str, **variables: str) -> str:
    """Run the script with settings that the server refuses, and return its sentence."""
    done = subprocess.run(
        [SCRIPT, *arguments],
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 2, done.stderr
    return done.stderr


def test_lint() -> None:
    check("shellcheck", SCRIPT)


@pytest.mark.e2e
def test_the_model_comes_from_the_environment(tmp_path: Path) -> None:
    folder = tmp_path / "no where"
    folder.mkdir()
    for name in ("model", "bert"):
        (folder / name).touch()  # a missing folder would be waited for
    sentence = refused(MODEL_BASE_PATH=str(folder))
    assert f"--model_base_path {folder}/model is not a folder" in sentence
    sentence = refused(MODEL_BASE_PATH=str(folder), MODEL_NAME="bert")
    assert f"--model_base_path {folder}/bert is not a folder" in sentence


@pytest.mark.e2e
def test_arguments_are_passed_on_and_win(tmp_path: Path) -> None:
    file = tmp_path / "a b"
    file.touch()
    assert f"--model_base_path {file} is not a folder" in refused(f"--model_base_path={file}")
    assert "'--port'" in refused("--port=x")


@pytest.mark.e2e
def test_it_serves_on_all_addresses_and_stops_on_sigterm(tmp_path: Path) -> None:
    export_classifier(tmp_path / "bert" / "1")
    rest_port, grpc_port = free_ports(2)
    variables = environment(MODEL_BASE_PATH=str(tmp_path), MODEL_NAME="bert")
    command = [str(SCRIPT), f"--port={grpc_port}", f"--rest_api_port={rest_port}"]
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) as process:
        try:
            # 127.0.0.2 is answered only by a server that listens on every address.
            url = f"http://127.0.0.2:{rest_port}"
            with RestClient(url, "bert", retries=Retries(count=0)) as client:
                wait_for(lambda: process.poll() is not None or client.is_ready())
                assert client.classify_texts(["abc"])[0].label == "2"
            process.send_signal(signal.SIGTERM)  # reaches the server: the shell has become it
            assert process.wait(60) == 0
        finally:
            process.kill()
