"""The server in the environment that has nothing else: `make setup-serving` builds it."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import exporter
from tests.serving.client.exporter import export_classifier

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-serving" / "bin" / "python"

pytestmark = [pytest.mark.e2e, pytest.mark.both_stacks]


@pytest.fixture(scope="module", autouse=True)
def _environment() -> None:
    assert PYTHON.exists(), "the environment of the server alone is missing: run make setup-serving"


def test_a_model_is_served_without_the_python_packages_of_the_pipeline(tmp_path: Path) -> None:
    exporter.export_words(tmp_path / "1")
    code = (
        "import sys; from pathlib import Path; from serving.server import Server; "
        "from serving.settings import ServerSettings; "
        f"server = Server(ServerSettings(Path({str(tmp_path)!r}), 'words', port=0, "
        "rest_api_port=0)); server.start(); import requests; "
        "url = f'http://{server.rest_address}/v1/models/words:predict'; "
        "print(requests.post(url, json={'instances': ['two words']}).json()); server.stop(); "
        "print([name for name in ('tensorflow', 'tfx', 'apache_beam', 'models', 'pipeline') "
        "if name in sys.modules])"
    )
    finished = subprocess.run(
        [str(PYTHON), "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert finished.stdout.splitlines() == ["{'predictions': [2]}", "[]"]


def test_the_command_line_is_there(tmp_path: Path) -> None:
    exporter.export_words(tmp_path / "1")
    command = [str(PYTHON.with_name("bert-aas")), "serve", f"--model_base_path={tmp_path}"]
    flags = ["--port=0", "--rest_api_port=0"]
    with subprocess.Popen([*command, *flags], text=True, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Serving model default version 1: gRPC ")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_no_request_fails_while_versions_come_and_go(tmp_path: Path) -> None:
    export_classifier(tmp_path / "bert" / "1")
    command = [sys.executable, "-m", "benchmarks.serving_load", f"--python={PYTHON}"]
    command += [f"--model-dir={tmp_path / 'bert'}", f"--json={tmp_path / 'found.json'}"]
    finished = subprocess.run(
        [*command, "--minutes=0.4", "--swaps=3", "--rate=60"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr
    outcome = json.loads((tmp_path / "found.json").read_text())
    assert (outcome["failed"], outcome["swaps"]) == (0, 3)
    assert outcome["broken_version"].startswith("END ")
    assert outcome["swap_ms"]["count"] > 0
