"""A multi-model endpoint: models come, answer and go over HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from serving.server import Server
from serving.settings import ServerSettings

TIMEOUT_S = 60
BODY = json.dumps({"instances": [4.0]})


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    file = tmp_path / "models.config"
    file.touch()
    settings = ServerSettings(model_config_file=file, port=0, rest_api_port=None, sagemaker_port=0)
    running = Server(settings)
    assert running.start()
    yield running
    running.stop()


def call(server: Server, method: str, path: str, body: Any = None) -> requests.Response:
    url = f"http://{server.sagemaker_address}{path}"
    data = body if body is None or isinstance(body, str) else json.dumps(body)
    return requests.request(method, url, data=data, timeout=TIMEOUT_S)


def load(server: Server, name: str, url: object) -> requests.Response:
    return call(server, "POST", "/models", {"model_name": name, "url": str(url)})


def test_models_come_and_go(server: Server, exported: Path) -> None:
    assert call(server, "GET", "/ping").status_code == 200
    assert call(server, "GET", "/models").json() == {"models": []}
    loaded = load(server, "hp", exported / "hp")
    assert (loaded.status_code, loaded.json()["status"]) == (200, "Successfully loaded model hp.")
    described = {"modelName": "hp", "modelUrl": str(exported / "hp")}
    assert call(server, "GET", "/models").json() == {"models": [described]}
    assert call(server, "GET", "/models/hp").json() == described
    assert call(server, "POST", "/models/hp/invoke", BODY).json() == {"predictions": [5.0]}
    assert load(server, "old", exported / "old").status_code == 200
    assert call(server, "POST", "/models/old/invoke", BODY).json() == {"predictions": [4.0]}
    assert call(server, "DELETE", "/models/hp").status_code == 200
    gone = call(server, "POST", "/models/hp/invoke", BODY)
    assert (gone.status_code, gone.json()["error"]) == (404, "Model hp is not loaded yet.")
    assert call(server, "POST", "/models/old/invoke", BODY).status_code == 200


def test_all_versions_of_a_model_answer(server: Server, exported: Path) -> None:
    load(server, "hp", exported / "hp")
    url = f"http://{server.sagemaker_address}/models/hp/invoke"
    headers = {"X-Amzn-SageMaker-Custom-Attributes": "tfs-model-version=1"}
    answer = requests.post(url, BODY, headers=headers, timeout=TIMEOUT_S)
    assert answer.json() == {"predictions": [4.0]}


def test_refused(server: Server, exported: Path, tmp_path: Path) -> None:
    load(server, "hp", exported / "hp")
    again = load(server, "hp", exported / "hp")
    assert (again.status_code, again.json()["error"]) == (409, "Model hp is already loaded.")
    for url in (tmp_path / "nowhere", "relative", "s3://bucket/model", exported, "/a\0b"):
        assert load(server, "x", url).status_code in {400, 404}, url
    missing = load(server, "x", tmp_path)
    assert "Could not find valid base path" in missing.json()["error"]
    for body in ("", "[]", "{}", {"model_name": "", "url": "/x"}, {"model_name": 1, "url": "/x"}):
        assert call(server, "POST", "/models", body).status_code == 400, body
    for method, path in (("GET", "/models/x"), ("DELETE", "/models/x"), ("DELETE", "/models")):
        assert call(server, method, path).status_code == 404, path


def test_a_model_that_cannot_be_loaded_leaves_nothing_behind(
    server: Server, tmp_path: Path, exported: Path
) -> None:
    load(server, "hp", exported / "hp")
    (tmp_path / "bad" / "1").mkdir(parents=True)
    (tmp_path / "bad" / "1" / "saved_model.pb").write_bytes(b"nonsense")
    failed = load(server, "bad", tmp_path / "bad")
    assert failed.status_code == 500
    assert "did not become available" in failed.json()["error"]
    assert [one["modelName"] for one in call(server, "GET", "/models").json()["models"]] == ["hp"]
    assert call(server, "POST", "/models/hp/invoke", BODY).status_code == 200


def test_a_server_whose_models_clients_cannot_change(exported: Path) -> None:
    settings = ServerSettings(
        exported / "hp",
        "hp",
        port=0,
        rest_api_port=None,
        sagemaker_port=0,
        enable_reload_config=False,
    )
    running = Server(settings)
    assert running.start()
    try:
        refused = load(running, "old", exported / "old")
        assert refused.status_code == 501
        assert "--enable_reload_config=false" in refused.json()["error"]
        assert call(running, "DELETE", "/models/hp").status_code == 501
        assert len(call(running, "GET", "/models").json()["models"]) == 1
    finally:
        running.stop()
