"""Both clients against a real server process: the same questions, the same answers."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from serving.client import Client, ClientError, GrpcClient, RestClient
from serving.errors import Code
from tests.serving.client.exporter import CLASSES
from tests.serving.client.processes import ROOT, Addresses

pytestmark = [pytest.mark.e2e, pytest.mark.both_stacks]


def connect(kind: str, addresses: Addresses, model: str, **target: int | str) -> Client:
    if kind == "rest":
        return RestClient(addresses.url, model, **target)  # type: ignore[arg-type]
    return GrpcClient(addresses.grpc, model, **target)  # type: ignore[arg-type]


@pytest.fixture(params=["rest", "grpc"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def client(kind: str, addresses: Addresses) -> Iterator[Client]:
    with connect(kind, addresses, "single") as opened:
        yield opened


def test_texts_are_classified_in_their_order(client: Client) -> None:
    texts = ["abcdefg", "", "größ", 'a "b"\n\\', "😀"]
    found = client.classify_texts(texts)
    assert [one.label for one in found] == [CLASSES[len(text) % 4] for text in texts]
    assert found[0].probability == pytest.approx(0.7)
    assert found[0].probabilities == pytest.approx({"no": 0.1, "10": 0.1, "-1": 0.1, "2": 0.7})
    assert list(found[0].probabilities) == list(CLASSES)


def test_many_texts_take_several_requests(client: Client) -> None:
    texts = ["x" * (place * 7 % 50) for place in range(1000)]
    found = client.classify_texts(texts)
    assert [one.label for one in found] == [CLASSES[len(text) % 4] for text in texts]


def test_no_texts(client: Client) -> None:
    assert client.classify_texts([]) == []


def test_pairs(kind: str, addresses: Addresses) -> None:
    with connect(kind, addresses, "pairs") as client:
        assert [one.label for one in client.classify_texts([("ab", "a"), ("", "")])] == ["2", "no"]
        with pytest.raises(ClientError, match="takes text, text_pair, but text was given"):
            client.classify_texts(["a"])


def test_pairs_for_a_model_of_texts(client: Client) -> None:
    with pytest.raises(ClientError, match="takes text, but text, text_pair was given"):
        client.classify_texts([("a", "b")])


def test_every_kind_of_tensor(client: Client) -> None:
    inputs = {"x": [0.1, 3], "n": [2**53 + 1, -1], "raw": [b"\xff\x00", "ä"]}
    found = client.predict(inputs, "maths")
    assert (found["half"].dtype.name, found["half"].tolist()) == (
        "float32",
        [0.05000000074505806, 1.5],
    )
    assert (found["next"].dtype.name, found["next"].tolist()) == ("int64", [2**53 + 2, 0])
    assert found["raw_bytes"].tolist() == [b"\xff\x00", b"\xc3\xa4"]
    assert client.predict({"x": [2.5]}, "lone")["double"].tolist() == [5.0]


def test_status_and_metadata(client: Client) -> None:
    found = [(one.version, one.state, one.error_code) for one in client.status()]
    assert found == [(2, "AVAILABLE", "OK"), (1, "AVAILABLE", "OK")]
    assert client.is_ready()
    metadata = client.metadata()
    assert (metadata.name, metadata.version) == ("single", 2)
    assert metadata.signatures["maths"].inputs["n"].dtype == "int64"
    assert metadata.signatures["serving_default"].outputs["probabilities"].shape == (None, 4)


def test_versions_and_labels(kind: str, addresses: Addresses) -> None:
    for target in ({"version": 1}, {"label": "stable"}):
        with connect(kind, addresses, "single", **target) as client:
            assert client.metadata().version == 1
            assert client.classify_texts(["a"])[0].label == "10"


def test_what_is_not_there(kind: str, addresses: Addresses) -> None:
    with connect(kind, addresses, "none") as client:
        with pytest.raises(
            ClientError, match=r"Servable not found for request: Latest\(none\)"
        ) as e:
            client.classify_texts(["a"])
        assert e.value.code is Code.NOT_FOUND
        assert not client.is_ready()
    with connect(kind, addresses, "single", version=9) as client:
        assert not client.is_ready()


def test_models_are_listed(addresses: Addresses) -> None:
    with RestClient(addresses.url, "single") as client:
        assert sorted(client.models() or []) == ["pairs", "single"]


def test_neither_client_imports_tensorflow(addresses: Addresses) -> None:
    program = (
        "import sys; from serving.client import RestClient, GrpcClient; "
        "heavy = {'tensorflow', 'grpc', 'numpy', 'starlette', 'uvicorn'} & set(sys.modules); "
        f"RestClient({addresses.url!r}, 'single').classify_texts(['a']); "
        f"GrpcClient({addresses.grpc!r}, 'single').classify_texts(['a']); "
        "print(sorted(heavy), 'tensorflow' in sys.modules)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout == "[] False\n"
