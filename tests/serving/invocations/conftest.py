"""Fixtures: the models of the REST tests behind a SageMaker port, and a client of it."""

from collections.abc import Iterator
from typing import Any, Protocol

import pytest
import requests

from serving.data_plane import DataPlane
from serving.invocations.app import create_invocations_app
from serving.invocations.dialect import InvocationOptions
from serving.observing.observer import NoTracing, Observers
from serving.rest.options import RestOptions
from tests.serving.rest.models import Gate, make_plane
from tests.serving.rest.servers import serve

TIMEOUT_S = 60


class Ask(Protocol):
    """Asks the server of the tests."""

    def __call__(
        self, body: Any, path: str = "/invocations", **headers: str
    ) -> requests.Response: ...


@pytest.fixture(scope="session")
def invocations_plane(tmp_path_factory: pytest.TempPathFactory) -> DataPlane:
    return make_plane(tmp_path_factory.mktemp("invocations"), Gate())


@pytest.fixture(scope="session")
def invocations_url(invocations_plane: DataPlane) -> Iterator[str]:
    options = InvocationOptions(("predicted_label", "probability"))
    rest = RestOptions(timeout_s=600.0, max_request_bytes=2**20)
    app = create_invocations_app(invocations_plane, rest, options, Observers(), NoTracing())
    with serve(app) as address:
        yield address


@pytest.fixture
def ask(invocations_url: str) -> Ask:
    def post(body: Any, path: str = "/invocations", **headers: str) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = body.encode() if isinstance(body, str) else body
        return requests.post(invocations_url + path, data, headers=named, timeout=TIMEOUT_S)

    return post
