"""A server with two versions of one model, a file with plans of traffic, and feedback."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from serving.server import Server
from serving.settings import ServerSettings
from tests.serving.conftest import add_version


@contextmanager
def server_of_two(exported: Path, folder: Path) -> Iterator[Server]:
    """Serve versions 1 and 2 of `hp`; plans are looked for in `traffic.json` of the folder."""
    for version in (1, 2):
        add_version(exported / "hp" / str(version), folder / "hp", version)
    running = Server(
        ServerSettings(
            folder / "hp",
            "hp",
            port=0,
            rest_api_port=0,
            traffic_config_file=folder / "traffic.json",
            traffic_config_file_poll_wait_seconds=0.02,
            file_system_poll_wait_seconds=0.02,
            feedback_max_answers=500,
        )
    )
    assert running.start()
    yield running
    running.stop()
