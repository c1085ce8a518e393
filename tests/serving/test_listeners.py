"""Ports and draining, with a stand-in for the model: no TensorFlow in the graph's place."""

import socket
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests

from serving.data_plane import DataPlane
from serving.errors import ServingError
from serving.listeners import Instruments, Listeners, _listen
from serving.observing.observer import NoTracing, Observers
from serving.servables.model import Arrays, LoadedModel, Signature, TensorSpec
from serving.settings import ServerSettings
from serving.versions.model_config import ModelConfig
from serving.versions.registry import ModelRegistry

FLOAT = TensorSpec("float", np.dtype(np.float32))
SILENT = Instruments(Observers(), NoTracing())
SIGNATURE = Signature("serving_default", {"x": FLOAT}, {"y": FLOAT})


class SlowModel:
    """A model whose answers wait until they are released."""

    def __init__(self) -> None:
        self.called = threading.Event()
        self.released = threading.Event()

    def run(
        self, name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
    ) -> dict[str, Any]:
        self.called.set()
        assert self.released.wait(20)
        return {"y": inputs["x"]}

    def load(self, name: str, version: int, _path: Path) -> LoadedModel:
        return LoadedModel(name, version, {"serving_default": SIGNATURE}, {}, self.run)


@pytest.fixture
def slow() -> SlowModel:
    return SlowModel()


@pytest.fixture
def opened(slow: SlowModel, tmp_path: Path) -> Iterator[Listeners]:
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "saved_model.pb").touch()
    registry = ModelRegistry(slow.load)
    registry.apply([ModelConfig("m", tmp_path)], at_startup=True)
    registry.start()
    assert registry.wait_for_first_loads(20)
    settings = ServerSettings(tmp_path, port=0, rest_api_port=0, shutdown_grace_s=20.0)
    listeners = Listeners(DataPlane(registry), settings, SILENT)
    listeners.open()
    yield listeners
    slow.released.set()
    listeners.close()
    registry.stop()


def predict(listeners: Listeners) -> Any:
    url = f"http://{listeners.rest_address}/v1/models/m:predict"
    return requests.post(url, json={"instances": [4.0]}, timeout=20).json()


def is_open(address: str) -> bool:
    host, _, port = address.rpartition(":")
    with socket.socket() as client:
        return client.connect_ex((host, int(port))) == 0


def test_l11_a_request_in_flight_finishes_while_the_ports_close(
    opened: Listeners, slow: SlowModel
) -> None:
    with ThreadPoolExecutor(2) as pool:
        answer = pool.submit(predict, opened)
        assert slow.called.wait(20)
        closing = pool.submit(opened.close)
        while is_open(str(opened.rest_address)):
            slow.released.wait(0.01)
        assert not closing.done()
        slow.released.set()
        assert answer.result(20) == {"predictions": [4.0]}
        closing.result(20)


def test_a_request_does_not_block_others(opened: Listeners, slow: SlowModel) -> None:
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(predict, opened)
        assert slow.called.wait(20)
        url = f"http://{opened.rest_address}/v1/models/m"
        assert requests.get(url, timeout=20).status_code == 200
        slow.released.set()
        assert answer.result(20) == {"predictions": [4.0]}


@pytest.mark.parametrize(("threads", "at_once"), [(0, 2), (1, 1)])
def test_threads_as_the_flags_say(
    slow: SlowModel, tmp_path: Path, threads: int, at_once: int
) -> None:
    settings = ServerSettings(
        tmp_path, max_concurrent_requests=2, grpc_max_threads=threads, rest_api_num_threads=threads
    )
    listeners = Listeners(DataPlane(ModelRegistry(slow.load)), settings, SILENT)
    assert listeners._rest_options().num_threads == at_once
    assert listeners._grpc_options().max_threads == at_once


def test_no_port_stays_open_when_one_is_taken(opened: Listeners, tmp_path: Path) -> None:
    taken = int(str(opened.rest_address).rpartition(":")[2])
    settings = ServerSettings(tmp_path, port=0, rest_api_port=taken)
    second = Listeners(DataPlane(ModelRegistry(SlowModel().load)), settings, SILENT)
    with pytest.raises(ServingError, match=f"Cannot listen on 127.0.0.1:{taken} for REST"):
        second.open()
    assert not second.grpc_address


def test_connections_will_not_wait_for_delayed_acks() -> None:
    with _listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP  # asyncio then sets TCP_NODELAY


def test_idle_rest_connections_stay_as_long_as_the_flag_says(
    opened: Listeners, tmp_path: Path
) -> None:
    plane = DataPlane(ModelRegistry(SlowModel().load))
    settings = ServerSettings(tmp_path, port=0, rest_api_port=0, rest_api_keep_alive_s=0.2)
    brief = Listeners(plane, settings, SILENT)
    brief.open()
    connections = [ask_and_stay(str(listeners.rest_address)) for listeners in (opened, brief)]
    assert connections[1].recv(64) == b""  # closed by the server
    connections[0].setblocking(False)
    with pytest.raises(BlockingIOError):  # 75 s by default
        connections[0].recv(64)
    for connection in connections:
        connection.close()
    brief.close()


def ask_and_stay(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    connection = socket.create_connection((host, int(port)), timeout=20)
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
    received = b""
    while not received.endswith(b"\r\n\r\nok"):
        received += connection.recv(4096)
    return connection
