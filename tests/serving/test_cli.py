"""The command line; `e2e` tests run it as the process that components and users start."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from serving.cli import main
from tests.serving import exporter

ROOT = Path(__file__).parents[2]
LINE = "Serving model live version 1: gRPC 127.0.0.1:"


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "serving", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--port", "x", "--model_base_path", "."], "Invalid value for '--port'"),
        (["--wrong"], "No such option"),
        ([], "Missing option '--model_base_path'"),
        (["--model_base_path", "gone"], "--model_base_path gone is not a folder"),
        (["--model_base_path", ".", "--port", "99999"], "--port is 99999"),
    ],
)
def test_refused_flags(arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert text in error
    assert error.count("\n") == 1


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "--model_base_path" in capsys.readouterr().out


@pytest.mark.e2e
def test_help_does_not_import_tensorflow() -> None:
    code = (
        "import sys; from serving.cli import main; main(['--help']); "
        "sys.exit('tensorflow' in sys.modules or 'uvicorn' in sys.modules)"
    )
    command = [sys.executable, "-c", code]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


@pytest.mark.e2e
def test_serves_text_ops_until_sigterm_and_exits_0(tmp_path: Path) -> None:
    exporter.export_words(tmp_path / "1")
    flags = ("--model_name=live", f"--model_base_path={tmp_path}", "--port=0")
    with running(*flags, "--rest_api_port=0", "--file_system_poll_wait_seconds=0") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(LINE)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.e2e
def test_rest_answers_once_the_line_is_printed(live: Path, unused_port: int) -> None:
    flags = ("--model_name=live", f"--model_base_path={live}", "--port=0")
    with running(*flags, f"--rest_api_port={unused_port}") as process:
        assert process.stdout is not None
        url = process.stdout.readline().split("REST ")[1].strip()
        response = requests.post(f"{url}:predict", json={"instances": [4.0]}, timeout=20)
        assert response.json() == {"predictions": [4.0]}
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


@pytest.mark.e2e
def test_a_model_that_cannot_be_loaded_exits_255(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    with running("--model_name=live", f"--model_base_path={tmp_path}", "--port=0") as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (255, "")
    assert "Failed to start server. Error: UNKNOWN: 1 servable(s) did not become available" in err
    assert "Traceback" not in err


@pytest.mark.e2e
def test_sigterm_while_waiting_for_a_version_exits_0(tmp_path: Path) -> None:
    with running(f"--model_base_path={tmp_path}", "--port=0", "--rest_api_port=0") as process:
        assert process.stderr is not None
        assert "holds no version folder yet" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
