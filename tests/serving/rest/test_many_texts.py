"""As many texts as a body may hold, in one request, while another client asks single ones."""

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from serving.server import Server
from serving.settings import ServerSettings
from tests.serving.batching.exported_text_model import export_text_model

COUNT = 400_000
TOO_MANY = 2_000_000  # reading them takes longer than the server may
WAIT_S = 500.0

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_text_model(tmp_path_factory, None).parent


@pytest.fixture
def url(base: Path, timeout_ms: int) -> Iterator[str]:
    settings = ServerSettings(
        base, "m", port=0, rest_api_port=0, rest_api_timeout_in_ms=timeout_ms, shutdown_grace_s=0
    )
    server = Server(settings)
    server.start()
    yield f"http://{server.rest_address}/v1/models/m:predict"
    server.stop()


def ask(url: str, texts: list[str]) -> requests.Response:
    return requests.post(url, json.dumps({"instances": texts}), timeout=WAIT_S)


def ask_singles_meanwhile(url: str, large: "Future[requests.Response]") -> list[int]:
    """Ask one text after another as long as the large request lasts; return the statuses."""
    statuses = []
    while not large.done():
        statuses.append(ask(url, ["good"]).status_code)
    return statuses


@pytest.mark.parametrize("timeout_ms", [int(WAIT_S * 1000)])
def test_all_are_answered_and_no_single_text_is_refused(url: str) -> None:
    with ThreadPoolExecutor(1) as threads:
        large = threads.submit(ask, url, ["good", "bad"] * (COUNT // 2))
        statuses = ask_singles_meanwhile(url, large)
    predictions = large.result().json()["predictions"]
    singles = [ask(url, [text]).json()["predictions"][0] for text in ("good", "bad")]
    assert len(predictions) == COUNT
    for place in (0, 1, COUNT - 2, COUNT - 1):
        found, alone = predictions[place], singles[place % 2]
        assert found["probabilities"] == pytest.approx(alone["probabilities"], abs=1e-4)
    assert set(statuses) == {200}


@pytest.mark.parametrize("timeout_ms", [3000])
def test_what_takes_too_long_is_refused_in_a_sentence(url: str) -> None:
    with ThreadPoolExecutor(1) as threads:
        large = threads.submit(ask, url, ["good"] * TOO_MANY)
        statuses = ask_singles_meanwhile(url, large)
    answer = large.result()
    assert answer.status_code == 504
    assert answer.json()["error"] == "The request was not answered within 3 s"
    assert set(statuses) == {200}
    assert ask(url, ["good"]).status_code == 200
