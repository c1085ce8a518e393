from pathlib import Path

import pytest
import requests

from serving.data_plane import DataPlane
from serving.errors import Code, ServingError
from serving.rest.site import Site
from serving.servables.model import LoadedModel
from serving.versions.lifecycle import LifecycleOptions
from serving.versions.model_config import ModelConfig
from serving.versions.registry import ModelRegistry

TIMEOUT = 30


def fail(_name: str, _version: int, _path: Path) -> LoadedModel:
    raise ServingError(Code.DATA_LOSS, "torn <b>file</b>")


@pytest.fixture
def failed_plane(tmp_path: Path) -> DataPlane:
    (tmp_path / "7").mkdir()
    registry = ModelRegistry(fail, LifecycleOptions(poll_wait_s=0, max_num_load_retries=0))
    registry.apply([ModelConfig("torn", tmp_path), ModelConfig("absent", tmp_path / "none")])
    registry.start()
    repository = registry.repository("torn")
    assert repository is not None
    assert repository.wait_for_first_loads(TIMEOUT)
    return DataPlane(registry)


def test_health(url: str) -> None:
    response = requests.get(f"{url}/healthz?from=probe", timeout=TIMEOUT)
    assert (response.status_code, response.text) == (200, "ok")


def test_ready(url: str) -> None:
    assert requests.get(f"{url}/readyz", timeout=TIMEOUT).text == "ok"


def test_not_ready(failed_plane: DataPlane) -> None:
    reply = Site(failed_plane).reply("GET", "/readyz")
    assert (reply.status, reply.content) == (503, b"not ready: torn, absent")


def test_models_with_labels(url: str) -> None:
    models = requests.get(f"{url}/models.json", timeout=TIMEOUT).json()["models"]
    fine = {"state": "AVAILABLE", "engine": "tensorflow", "error_code": "OK", "error_message": ""}
    assert models[0] == {
        "name": "hp",
        "labels": {"stable": 1, "canary": 2},
        "versions": [{"version": "2", **fine}, {"version": "1", **fine}],
        "waits_for": "",
    }


def test_models_that_failed(failed_plane: DataPlane) -> None:
    content = Site(failed_plane).reply("GET", "/models.json").content
    assert b'"error_code": "DATA_LOSS", "error_message": "torn <b>file</b>"' in content
    assert (
        b'{"name": "absent", "labels": {}, "versions": [], "waits_for": "cannot look for' in content
    )


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/page/page.css", "text/css; charset=utf-8"),
        ("/page/page.js", "text/javascript; charset=utf-8"),
        ("/page/icon.svg", "image/svg+xml"),
    ],
)
def test_the_page_may_load_only_its_own_files(url: str, path: str, media_type: str) -> None:
    response = requests.get(url + path, timeout=TIMEOUT)
    assert (response.status_code, response.headers["content-type"]) == (200, media_type)
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "unsafe" not in response.headers["content-security-policy"]
    text = response.text.replace("http://www.w3.org/2000/svg", "")
    assert "http:" not in text
    assert "https:" not in text
    assert "innerHTML" not in text


def test_head_has_no_body(url: str) -> None:
    response = requests.head(f"{url}/", timeout=TIMEOUT)
    assert (response.status_code, response.content) == (200, b"")
    assert int(response.headers["content-length"]) > 0
