"""Models with an `inference.py` under a whole server, beside one without."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from serving.errors import ServingError
from serving.server import Server
from serving.settings import ServerSettings

TIMEOUT_S = 60
FUNCTIONS = """
import os

def model_fn(folder):
    return sorted(os.listdir(folder))

def input_fn(data, content_type):
    if content_type != "text/plain":
        raise ValueError(f"no {content_type} here")
    return data

def predict_fn(data, model):
    if data == "die":
        os._exit(9)
    return f"{data} by {len(model)}"

def output_fn(prediction, accept):
    return prediction.encode(), "text/x-own, more\\r\\nX-Bad: 1"
"""
HANDLERS = """
import json

def input_handler(data, context):
    text = data.read().decode()
    values = [float(one) for one in text.split(",")]
    return json.dumps({"instances": values})

def output_handler(response, context):
    if response.status_code != 200:
        raise ValueError(response.text)
    return response.content, context.accept_header
"""


def config(base: Path, names: dict[str, Path]) -> Path:
    file = base / "models.config"
    entries = "".join(
        f'config {{ name: "{name}" base_path: "{path}" model_platform: "tensorflow" }}\n'
        for name, path in names.items()
    )
    file.write_text(f"model_config_list {{\n{entries}}}")
    return file


def with_code(exported: Path, base: Path, code: str, place: str) -> Path:
    """Copy version 1 of the model x/2 + 2, and put code into it or beside it."""
    shutil.copytree(exported / "old" / "1", base / "1")
    (base / place).parent.mkdir(exist_ok=True)
    (base / place).write_text(code)
    return base


@pytest.fixture(scope="module")
def server(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    root = tmp_path_factory.mktemp("scripts")
    places = {
        "four": with_code(exported, root / "four", FUNCTIONS, "1/code/inference.py"),
        "tfs": with_code(exported, root / "tfs", HANDLERS, "code/inference.py"),
        "plain": exported / "old",
    }
    running = Server(
        ServerSettings(
            model_config_file=config(root, places),
            port=0,
            rest_api_port=0,
            sagemaker_port=0,
            sagemaker_script_workers=1,
        )
    )
    assert running.start()
    yield running
    running.stop()


def ask(server: Server, model: str, body: str, **headers: str) -> requests.Response:
    attributes = {"X-Amzn-SageMaker-Custom-Attributes": f"tfs-model-name={model}"}
    named = {name.replace("_", "-"): value for name, value in headers.items()} | attributes
    url = f"http://{server.sagemaker_address}/invocations"
    return requests.post(url, body.encode(), headers=named, timeout=TIMEOUT_S)


def test_the_four_functions(server: Server) -> None:
    answer = ask(server, "four", "text", Content_Type="text/plain; charset=utf-8")
    files = len(list(Path(server.settings.model_config_file or "").parent.glob("four/1/*")))
    assert answer.text == f"text by {files}"
    assert answer.headers["content-type"] == "text/x-own"
    assert "x-bad" not in answer.headers
    assert answer.headers["x-amzn-invoked-production-variant"] == "1"


def test_handlers_around_the_served_model(server: Server) -> None:
    answer = ask(server, "tfs", "2.0,4.0", Content_Type="text/csv", Accept="application/json")
    assert answer.json() == {"predictions": [3.0, 4.0]}
    assert answer.headers["content-type"] == "application/json"


def test_what_code_raises(server: Server) -> None:
    answer = ask(server, "four", "text", Content_Type="image/png")
    assert (answer.status_code, answer.json()) == (500, {"error": "no image/png here"})


def test_code_that_ends_its_process(server: Server) -> None:
    answer = ask(server, "four", "die", Content_Type="text/plain")
    assert answer.status_code == 500
    assert "has ended in the middle of a request" in answer.json()["error"]
    assert ask(server, "four", "on", Content_Type="text/plain").status_code == 200
    assert ask(server, "plain", '{"instances": [4.0]}').json() == {"predictions": [4.0]}
    ping = requests.get(f"http://{server.sagemaker_address}/ping", timeout=TIMEOUT_S)
    assert ping.status_code == 200


def test_the_other_ports_ask_the_model_itself(server: Server) -> None:
    url = f"http://{server.rest_address}/v1/models/four:predict"
    answer = requests.post(url, json={"instances": [4.0]}, timeout=TIMEOUT_S)
    assert answer.json() == {"predictions": [4.0]}


def test_code_that_cannot_be_loaded_keeps_a_version_from_serving(
    exported: Path, tmp_path: Path
) -> None:
    base = with_code(exported, tmp_path / "broken", "import nowhere", "1/code/inference.py")
    running = Server(ServerSettings(base, "m", port=0, rest_api_port=None, sagemaker_port=0))
    with pytest.raises(ServingError, match="No module named 'nowhere'"):
        running.start()
    running.stop()


def test_without_the_port_code_is_left_alone(exported: Path, tmp_path: Path) -> None:
    base = with_code(exported, tmp_path / "broken", "import nowhere", "1/code/inference.py")
    running = Server(ServerSettings(base, "m", port=0, rest_api_port=None))
    assert running.start()
    running.stop()


def test_a_signed_version_runs_no_code_from_beside_it(tmp_path: Path) -> None:
    from serving.scripts.script import find_script

    (tmp_path / "1").mkdir()
    (tmp_path / "inference.py").touch()
    found = find_script(tmp_path / "1", with_parent=True)
    assert found is not None
    assert found.model_dir == tmp_path
    assert find_script(tmp_path / "1", with_parent=False) is None
