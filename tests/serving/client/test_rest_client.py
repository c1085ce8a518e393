"""The REST client against servers that follow a script, on real sockets."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from serving.client import ClientError, Metadata, RestClient, ServerUnavailableError
from serving.errors import Code, SettingsError
from tests.serving.client.conftest import QUICK, Script
from tests.serving.client.processes import free_ports

METADATA = {
    "model_spec": {"name": "m", "version": "1"},
    "metadata": {
        "signature_def": {
            "signature_def": {
                "serving_default": {
                    "inputs": {"x": {"dtype": "DT_FLOAT"}, "s": {"dtype": "DT_STRING"}},
                    "outputs": {"y": {"dtype": "DT_INT32"}, "s_bytes": {"dtype": "DT_STRING"}},
                },
                "lone": {
                    "inputs": {"x": {"dtype": "DT_FLOAT"}},
                    "outputs": {"y": {"dtype": "DT_DOUBLE"}},
                },
            }
        }
    },
}
STATUS = {"model_version_status": [{"version": "1", "state": "AVAILABLE"}]}


class Forgetful(RestClient):
    """Forgets the metadata after every look at it, as if other threads' requests kept failing."""

    _kept: Metadata | None = None

    @property
    def _metadata(self) -> Metadata | None:
        found, self._kept = self._kept, None
        return found

    @_metadata.setter
    def _metadata(self, value: Metadata | None) -> None:
        self._kept = value

    def remember(self) -> None:
        self._metadata = self.metadata()


def client_of(script: Script, **options: Any) -> RestClient:
    return RestClient(script.url, "m", retries=QUICK, **options)


def test_predict_sends_columns_and_reads_outputs(script: Script) -> None:
    script.answer(200, METADATA)
    script.answer(200, {"outputs": {"y": [[7]], "s_bytes": [{"b64": "/w=="}, "a"]}})
    with client_of(script) as client:
        found = client.predict({"x": [1], "s": ["ä", b"\xff"]})
    assert script.requests == [
        ("GET", "/v1/models/m/metadata", None),
        (
            "POST",
            "/v1/models/m:predict",
            {
                "signature_name": "serving_default",
                "inputs": {"x": [1.0], "s": ["ä", {"b64": "/w=="}]},
            },
        ),
    ]
    assert (found["y"].dtype.name, found["y"].tolist()) == ("int32", [[7]])
    assert found["s_bytes"].tolist() == [b"\xff", b"a"]


def test_a_single_output_gets_its_name_back(script: Script) -> None:
    script.answer(200, METADATA)
    script.answer(200, {"outputs": [0.5]})
    with client_of(script) as client:
        found = client.predict({"x": [1.0]}, "lone")
    assert found["y"].tolist() == [0.5]


def test_instances_are_passed_on_as_they_are(script: Script) -> None:
    script.answer(200, {"predictions": [1, {"a": None}]})
    with client_of(script) as client:
        assert client.predict_instances(["é", {"t": 2}], "sig") == [1, {"a": None}]
    body = {"signature_name": "sig", "instances": ["é", {"t": 2}]}
    assert script.requests == [("POST", "/v1/models/m:predict", body)]


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ({"model": "a/b:c"}, "/v1/models/a%2Fb%3Ac"),
        ({"model": "m", "version": 7}, "/v1/models/m/versions/7"),
        ({"model": "m", "label": "sta ble"}, "/v1/models/m/labels/sta%20ble"),
    ],
)
def test_paths(script: Script, target: dict[str, Any], path: str) -> None:
    script.answer(200, STATUS)
    with RestClient(f"{script.url}/", **target) as client:
        client.status()
    assert script.requests == [("GET", path, None)]


@pytest.mark.parametrize("status", [503, 429])
def test_an_overload_is_tried_again(script: Script, status: int) -> None:
    script.answer(status, {"error": "full"})
    script.answer(status, {"error": "full"})
    script.answer(200, {"predictions": [1]})
    with client_of(script) as client:
        assert client.predict_instances([0]) == [1]
    assert len(script.requests) == 3


def test_retry_after_is_honoured(script: Script, pauses: list[float]) -> None:
    script.answer(503, {"error": "full"}, Retry_After="2")
    script.answer(200, STATUS)
    with RestClient(script.url, "m") as client:
        client.status()
    assert pauses == [2.0]


@pytest.mark.parametrize("status", [400, 404, 500, 504])
def test_other_errors_come_at_once(script: Script, status: int) -> None:
    script.answer(status, {"error": "no such thing"})
    with client_of(script) as client, pytest.raises(ClientError) as caught:
        client.predict_instances([0])
    assert len(script.requests) == 1
    assert caught.value.http_status == status
    assert str(caught.value) == (
        f"POST /v1/models/m:predict at {script.url}: HTTP {status}: no such thing"
    )


@pytest.mark.parametrize("body", [b"", b"<HTML>", b"[1]", b'{"a": 1}'])
def test_an_error_without_a_message(script: Script, body: bytes) -> None:
    script.answer(404, body)
    with client_of(script) as client, pytest.raises(ClientError, match="HTTP 404: Not Found; the"):
        client.status()


@pytest.mark.parametrize("body", [b"", b"<HTML>", b"[1]", b'{"a": 1}'])
def test_an_answer_that_is_none(script: Script, body: bytes) -> None:
    script.answer(200, body)
    with client_of(script) as client:
        for ask in (client.status, client.metadata, lambda: client.predict_instances([1])):
            with pytest.raises(
                ClientError, match=r"is not JSON|does not follow the protocol"
            ) as caught:
                ask()
            assert caught.value.code is Code.INTERNAL


def test_outputs_that_are_not_the_signatures(script: Script) -> None:
    script.answer(200, METADATA)
    script.answer(200, {"outputs": {"other": 1}})
    with (
        client_of(script) as client,
        pytest.raises(ClientError, match="does not follow the protocol"),
    ):
        client.predict({"x": [1.0]})


def test_one_connection_serves_all_requests(script: Script) -> None:
    script.answer(200, STATUS)
    with client_of(script) as client:
        for _ in range(5):
            client.status()
    assert len(script.connections) == 1


def test_threads_share_a_client_without_losing_connections(
    script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    threads = 16
    script.answer(200, STATUS)
    script.meeting = threading.Barrier(threads)
    with client_of(script) as client, ThreadPoolExecutor(threads) as pool:
        for _ in range(2):
            for answer in [pool.submit(client.status) for _ in range(threads)]:
                assert len(answer.result(60)) == 1
    assert len(script.connections) == threads
    assert [record.getMessage() for record in caplog.records if record.levelname != "DEBUG"] == []


def test_another_threads_failure_does_not_disturb(script: Script) -> None:
    script.answer(200, METADATA)
    with Forgetful(script.url, "m", retries=QUICK) as client:
        client.remember()
        assert set(client.signature("lone").outputs) == {"y"}
        with pytest.raises(ClientError, match="no signature 'other'; there are lone, serving_d"):
            client.signature("other")


def test_nobody_listens() -> None:
    (port,) = free_ports(1)
    with RestClient(f"http://127.0.0.1:{port}", "m", retries=QUICK) as client:
        with pytest.raises(ServerUnavailableError) as caught:
            client.status()
        assert not client.is_ready()
    assert str(caught.value) == (
        f"http://127.0.0.1:{port} cannot be reached for GET /v1/models/m: Connection refused"
    )
    assert caught.value.is_transient


def test_a_host_that_does_not_exist_is_not_tried_again(pauses: list[float]) -> None:
    with (
        RestClient("http://host.invalid", "m") as client,
        pytest.raises(ServerUnavailableError) as caught,
    ):
        client.status()
    assert not caught.value.is_transient
    assert pauses == []


def test_the_time_is_limited(unused_listener: str) -> None:
    with (
        RestClient(unused_listener, "m", timeout_s=0.2) as client,
        pytest.raises(ClientError, match=r"no answer within 0\.2 s") as caught,
    ):
        client.status()
    assert caught.value.code is Code.DEADLINE_EXCEEDED


def test_models_are_listed_where_the_server_tells(script: Script) -> None:
    script.answer(200, {"models": [{"name": "a"}, {"name": "b"}]})
    script.answer(404, b"<HTML>")
    with client_of(script) as client:
        assert client.models() == ["a", "b"]
        assert client.models() is None


@pytest.mark.parametrize(
    ("states", "version", "ready"),
    [
        ({"1": "AVAILABLE"}, None, True),
        ({"2": "LOADING", "1": "AVAILABLE"}, None, True),
        ({"2": "LOADING", "1": "AVAILABLE"}, 2, False),
        ({"1": "END"}, None, False),
    ],
)
def test_ready(script: Script, states: dict[str, str], version: int | None, ready: bool) -> None:
    entries = [{"version": number, "state": state} for number, state in states.items()]
    script.answer(200, {"model_version_status": entries})
    with client_of(script, version=version) as client:
        assert client.is_ready() is ready


def test_settings_that_cannot_work() -> None:
    with pytest.raises(SettingsError, match="localhost:8501 does not start with http"):
        RestClient("localhost:8501", "m")
    with pytest.raises(SettingsError, match="name is empty"):
        RestClient("http://h", "")
    with pytest.raises(SettingsError, match="version 1 or label 'a', not both"):
        RestClient("http://h", "m", 1, "a")
