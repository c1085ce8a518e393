"""The command line; `e2e` tests run it as the process that components and users start."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
import requests

import bert_aas
from serving.cli import main
from serving.runtime.protos import load_protos
from tests.serving import exporter
from tests.serving.version_folders import wait_until

ROOT = Path(__file__).parents[2]
A_FILE = "pyproject.toml"
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
        ([], "There is no model: give --model_base_path"),
        (["--model_base_path="], "There is no model: give --model_base_path"),
        (["--ssl_config_file", "gone", "--model_base_path", "."], "gone cannot be read: No such"),
        (["--model_config_file=."], "--model_config_file . is a folder; give a text file with a"),
        (["--enable_batching=perhaps"], "Invalid value for '--enable_batching'"),
        (["--model_base_path", A_FILE], f"--model_base_path {A_FILE} is not a folder"),
        (["--model_base_path", ".", "--port", "99999"], "--port is 99999"),
        (["--model_base_path", ".", "--log_level=loud"], "--log_level is 'loud'; allowed are"),
        (
            ["--model_base_path=gs://bucket/m"],
            "--model_base_path gs://bucket/m is a remote address",
        ),
        (["--model_config_file=s3://b/models"], "--model_config_file s3://b/models is a remote"),
        (["--model_base_path=file://models/m"], "three slashes: file:///models/m"),
        (["--use_alts_credentials", "--model_base_path=."], "--ssl_config_file encrypts gRPC"),
        (
            ["-model_name=x", "--model_base_path=."],
            "-model_name=x begins with one dash; flags have",
        ),
        (["--model_base_path=.", "-help"], "flags have two: --help"),
    ],
)
def test_refused_flags(arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert text in error
    assert error.count("\n") == 1


def test_unknown_flags_are_reported_and_passed_over(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rest_api_prot=1", "--model_base_path", A_FILE]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "unknown argument: --rest_api_prot=1; did you mean --rest_api_port?"
    assert lines[1].startswith("Usage: ")
    assert lines[-1].startswith(f"Error: --model_base_path {A_FILE} is not a folder")


def test_flags_of_upstream_without_effect_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--mixed_precision=bfloat16", "--model_base_path", A_FILE]) == 2
    assert capsys.readouterr().err.startswith("--mixed_precision has no effect in this server.")


def test_versions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"bert-aas: {bert_aas.__version__}\nTensorFlow Library: 2.")


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
    assert (process.returncode, out) == (0, "")
    said = [line.partition(" INFO Model live version 1 ")[2] for line in err.splitlines()]
    assert [line.partition(" after ")[0] for line in said] == [
        f"is being loaded from {tmp_path}/1.",
        "cannot run on OpenVINO: the version has no converted model; TensorFlow runs it.",
        "is available on tensorflow,",
        "no longer serves: the server stops.",
        "is unloaded,",
    ]


@pytest.mark.e2e
def test_the_log_level(tmp_path: Path) -> None:
    exporter.export_words(tmp_path / "1")
    flags = ("--model_name=live", f"--model_base_path={tmp_path}", "--port=0")
    with running(*flags, "--rest_api_port=0", "--log_level=warning") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(LINE)
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=60) == ("", "")


def test_certificates_are_looked_at_before_models(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "ssl.config"
    file.write_text("server_key: '/certs/key.pem'")
    flags = [f"--model_base_path={tmp_path / 'later'}", f"--ssl_config_file=file://{file}"]
    assert main(flags) == 2
    line = f"Error: {file}: server_key is not a private key in PEM text. It looks like a path;"
    assert capsys.readouterr().err.startswith(line)


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
def test_a_request_that_outlasts_the_grace_time_does_not_keep_the_process(tmp_path: Path) -> None:
    exporter.export_loop(tmp_path / "1")
    protos = load_protos()
    request = protos.predict_pb2.PredictRequest()
    request.model_spec.name = "loop"
    request.inputs["n"].dtype = protos.types_pb2.DT_INT64
    request.inputs["n"].tensor_shape.dim.add(size=1)
    request.inputs["n"].int64_val.append(10**12)
    flags = ("--model_name=loop", f"--model_base_path={tmp_path}", "--port=0")
    with running(*flags, "--rest_api_port=0", "--shutdown_grace_s=0.5") as process:
        assert process.stdout is not None
        address = process.stdout.readline().split("gRPC ")[1].strip()
        with grpc.insecure_channel(address) as channel:
            stub = protos.prediction_service_pb2_grpc.PredictionServiceStub(channel)
            endless = stub.Predict.future(request)
            quick = protos.predict_pb2.PredictRequest.FromString(request.SerializeToString())
            quick.inputs["n"].int64_val[0] = 1
            assert stub.Predict(quick).outputs["n"].int64_val[:] == [0]  # the first one runs, too
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
            assert endless.exception() is not None


@pytest.mark.e2e
def test_the_access_log_is_json_without_texts(tmp_path: Path, unused_port: int) -> None:
    exporter.export_words(tmp_path / "1")
    flags = (f"--model_base_path={tmp_path}", "--port=0", f"--rest_api_port={unused_port}")
    with running(*flags, "--enable_access_log") as process:
        assert process.stdout is not None
        url = process.stdout.readline().split("REST ")[1].strip()
        requests.post(f"{url}:predict", json={"instances": ["secret words"]}, timeout=20)
        line = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    entry = json.loads(line)
    assert (entry["entrypoint"], entry["api"], entry["model"]) == ("REST", "predict", "default")
    assert (entry["http_status"], entry["version"]) == (200, 1)
    assert "secret" not in line


@pytest.mark.e2e
def test_the_access_log_is_utf8_whatever_clients_send(live: Path, unused_port: int) -> None:
    flags = ("--model_name=live", f"--model_base_path={live}", "--port=0", "--enable_access_log")
    quiet = ("--log_level=warning", f"--rest_api_port={unused_port}")
    with running(*flags, *quiet) as process:
        assert process.stdout is not None
        process.stdout.readline()
        for path in ("m%ff%fe", "%ed%a0%80", "a%0ab%1b%22", "%f0%9f%98%80"):
            requests.get(f"http://127.0.0.1:{unused_port}/v1/models/{path}", timeout=20)
        lines = [process.stdout.readline() for _ in range(4)]
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=60)[1] == ""
    names = [json.loads(line)["model"] for line in lines]
    assert names == ["m\ufffd\ufffd", "\ufffd" * 3, 'a\nb\x1b"', "\U0001f600"]
    assert all("\\ud8" not in line or "\\ude00" in line for line in lines)


@pytest.mark.e2e
def test_a_reader_that_leaves_costs_one_line(live: Path, unused_port: int) -> None:
    flags = ("--model_name=live", f"--model_base_path={live}", "--port=0", "--enable_access_log")
    quiet = ("--log_level=warning", f"--rest_api_port={unused_port}")
    with running(*flags, *quiet) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()  # as `| head -1` does
        url = f"http://127.0.0.1:{unused_port}/v1/models/live:predict"
        for _ in range(5):
            assert requests.post(url, json={"instances": [4.0]}, timeout=20).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        error = process.stderr.read()
        assert process.wait(60) == 0
    assert error.count("\n") == 1
    assert "Lines of the access log are lost: Broken pipe." in error


@pytest.mark.e2e
@pytest.mark.parametrize("closed", [">&-", "| true"])
def test_it_serves_without_any_reader(live: Path, unused_port: int, closed: str) -> None:
    flags = f"--model_name=live --model_base_path={live} --port=0 --rest_api_port={unused_port}"
    serve = f"{sys.executable} -m serving {flags} --enable_access_log --log_level=warning"
    command = f"set -o pipefail; exec 3>&1; ( {serve} & echo $! >&3; wait $! ) {closed}"
    with subprocess.Popen(
        ["/bin/bash", "-c", command],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as shell:
        assert shell.stdout is not None
        number = int(shell.stdout.readline())
        wait_until(lambda: is_answered(f"http://127.0.0.1:{unused_port}/v1/models/live"))
        os.kill(number, signal.SIGTERM)
        error = shell.communicate(timeout=60)[1]
    assert shell.returncode == 0
    assert error.count("\n") == (1 if closed == "| true" else 0), error


def is_answered(url: str) -> bool:
    try:
        return requests.get(url, timeout=20).status_code == 200
    except requests.ConnectionError:
        return False


@pytest.mark.e2e
def test_broken_requests_do_not_fill_the_log(live: Path, unused_port: int) -> None:
    flags = ("--model_name=live", f"--model_base_path={live}", "--port=0")
    with running(*flags, f"--rest_api_port={unused_port}", "--log_level=warning") as process:
        assert process.stdout is not None
        process.stdout.readline()
        with socket.create_connection(("127.0.0.1", unused_port)) as connection:
            connection.sendall(b"no http at all\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 400")
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=60)[1] == ""


@pytest.mark.e2e
@pytest.mark.parametrize("put", [Path.mkdir, lambda path: path.symlink_to("nowhere"), Path.touch])
def test_a_model_that_cannot_be_loaded_exits_255(
    tmp_path: Path, put: Callable[[Path], None]
) -> None:
    put(tmp_path / "1")
    with running("--model_name=live", f"--model_base_path={tmp_path}", "--port=0") as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (255, "")
    assert "Failed to start server. Error: UNKNOWN: 1 servable(s) did not become available" in err
    assert "Traceback" not in err
    assert err.splitlines()[-1].startswith("Failed to start server. Error: ")  # one line


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("base", "why"), [(".", "holds no version folder"), ("later", "No such file or directory")]
)
def test_sigterm_while_waiting_for_a_version_exits_0(tmp_path: Path, base: str, why: str) -> None:
    flags = (f"--model_base_path=file://{tmp_path / base}", "--port=0", "--rest_api_port=0")
    with running(*flags) as process:
        assert process.stderr is not None
        assert why in process.stderr.readline()
        line = process.stderr.readline()
        assert "Waiting for a first version of default" in line
        assert why in line
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
