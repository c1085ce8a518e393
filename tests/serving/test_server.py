"""A whole server in this process, on a base path that changes under it."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from serving.errors import ServingError, SettingsError
from serving.server import Server
from serving.settings import ServerSettings
from tests.serving.conftest import add_version
from tests.serving.version_folders import wait_until


def settings(base: Path, **changes: Any) -> ServerSettings:
    values = {"port": 0, "rest_api_port": 0, "file_system_poll_wait_seconds": 0.02} | changes
    return ServerSettings(base, model_name="live", shutdown_grace_s=5.0, **values)


@pytest.fixture
def server(live: Path) -> Iterator[Server]:
    running = Server(settings(live))
    assert running.start()
    yield running
    running.stop()


def predict(server: Server) -> Any:
    url = f"http://{server.rest_address}/v1/models/live:predict"
    response = requests.post(url, json={"instances": [4.0]}, timeout=20)
    response.raise_for_status()
    return response.json()["predictions"]


def status(server: Server) -> list[tuple[str, str]]:
    answer = requests.get(f"http://{server.rest_address}/v1/models/live", timeout=20).json()
    return [(entry["version"], entry["state"]) for entry in answer["model_version_status"]]


def test_l1_a_new_version_takes_over_without_a_failed_request(
    server: Server, exported: Path, live: Path
) -> None:
    answers: list[float] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            answers.extend(predict(server))

    client = threading.Thread(target=ask)
    client.start()
    add_version(exported / "hp" / "2", live, 2)
    wait_until(lambda: ("1", "END") in status(server))
    stop.set()
    client.join()
    assert sorted(set(answers)) in ([4.0], [4.0, 5.0])
    assert answers == sorted(answers)  # 4.0 from version 1, then 5.0 from version 2, never back
    assert predict(server) == [5.0]
    assert status(server) == [("2", "AVAILABLE"), ("1", "END")]


def test_l2_a_broken_version_leaves_the_old_one_serving(server: Server, live: Path) -> None:
    (live / "2").mkdir()
    wait_until(lambda: status(server)[0] == ("2", "END"))
    assert predict(server) == [4.0]
    answer = requests.get(f"http://{server.rest_address}/v1/models/live/versions/2", timeout=20)
    (entry,) = answer.json()["model_version_status"]
    assert entry["status"]["error_code"] == "NOT_FOUND"
    assert "Could not find SavedModel" in entry["status"]["error_message"]


def test_description(server: Server) -> None:
    assert server.describe() == (
        f"Serving model live version 1: gRPC {server.grpc_address}, "
        f"REST http://{server.rest_address}/v1/models/live"
    )


def test_stop_closes_the_ports(live: Path) -> None:
    running = Server(settings(live))
    running.start()
    predict(running)
    running.stop()
    with pytest.raises(requests.ConnectionError):
        predict(running)


def test_without_rest(live: Path) -> None:
    running = Server(settings(live, rest_api_port=None))
    running.start()
    assert running.rest_address is None
    assert "REST" not in running.describe()
    running.stop()


def test_a_taken_port(server: Server, live: Path) -> None:
    taken = int(server.grpc_address.rpartition(":")[2])
    second = Server(settings(live, port=taken))
    with pytest.raises(ServingError, match=f"Cannot listen on 127.0.0.1:{taken} for gRPC"):
        second.start()
    second.stop()


def test_a_model_that_cannot_be_loaded(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    broken = Server(settings(tmp_path))
    with pytest.raises(ServingError, match=r"1 servable\(s\) did not become available"):
        broken.start()
    broken.stop()


def test_a_file_as_base_path(live: Path) -> None:
    with pytest.raises(SettingsError):
        Server(settings(live / "1" / "saved_model.pb"))


@pytest.mark.parametrize("poll_wait_s", [0, 0.02])
@pytest.mark.parametrize("is_there", [False, True])
def test_a_base_path_without_versions_keeps_the_ports_closed_until_one_comes(
    tmp_path: Path, exported: Path, is_there: bool, poll_wait_s: float
) -> None:
    base = tmp_path / "base"
    if is_there:
        base.mkdir()
    waiting = Server(settings(base, file_system_poll_wait_seconds=poll_wait_s))
    started = threading.Thread(target=waiting.start)
    started.start()
    started.join(0.2)
    assert not waiting.grpc_address
    add_version(exported / "hp" / "2", base, 2)
    started.join(20)
    assert predict(waiting) == [5.0]
    waiting.stop()


def test_a_stop_ends_the_waiting(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    waiting = Server(settings(tmp_path))
    assert not waiting.start(stop)
    waiting.stop()
