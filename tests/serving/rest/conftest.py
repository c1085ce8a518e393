"""Fixtures: the plane of `models`, a server with the default options, and servers with others."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Literal

import pytest

from serving.data_plane import DataPlane
from serving.observing.observer import NoTracing, Observers, RequestRecord
from serving.rest.app import create_app
from serving.rest.options import RestOptions
from tests.serving.rest.models import Gate, make_plane
from tests.serving.rest.servers import serve

Start = Callable[..., str]


class Recorder(Observers):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[RequestRecord] = []
        self.runs: list[tuple[str, str]] = []

    def request(self, record: RequestRecord) -> None:
        self.requests.append(record)

    def run(self, model_name: str, api: str, seconds: float) -> None:
        assert seconds >= 0
        self.runs.append((model_name, api))


@pytest.fixture(scope="session")
def gate() -> Gate:
    return Gate()


@pytest.fixture(scope="session")
def rest_plane(tmp_path_factory: pytest.TempPathFactory, gate: Gate) -> DataPlane:
    return make_plane(tmp_path_factory.mktemp("rest"), gate)


@pytest.fixture(scope="session")
def url(rest_plane: DataPlane) -> Iterator[str]:
    """A server with the default options, which gives a busy machine more time."""
    app = create_app(rest_plane, RestOptions(timeout_s=600.0), Observers(), NoTracing())
    with serve(app) as address:
        yield address


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def start(rest_plane: DataPlane, recorder: Recorder) -> Iterator[Start]:
    """Starts a server with the given options, heard by `recorder`."""
    with ExitStack() as stack:

        def start_server(
            render_metrics: Any = None,
            head_timeout_s: float = 10.0,
            keep_alive_s: float = 75.0,
            loop: Literal["auto", "asyncio"] = "auto",
            **options: Any,
        ) -> str:
            app = create_app(
                rest_plane, RestOptions(**options), recorder, NoTracing(), render_metrics
            )
            return stack.enter_context(serve(app, head_timeout_s, keep_alive_s, loop))

        yield start_server


@pytest.fixture
def opened_gate(gate: Gate) -> Iterator[Gate]:
    """The gate of `slow`, closed for the test and opened after it."""
    gate.opened.clear()
    while gate.entered.acquire(blocking=False):
        pass  # earlier tests need not have counted all requests
    yield gate
    gate.opened.set()
