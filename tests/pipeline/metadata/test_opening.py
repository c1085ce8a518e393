"""A database server that cannot be used ends in one sentence."""

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from bert_aas.contracts.errors import UnavailableError
from pipeline.config.layout import OutputLayout
from pipeline.metadata import opening
from pipeline.metadata.opening import check_server, open_store
from pipeline.metadata.store import connection_config

LAYOUT = OutputLayout("out")
HANG_UP = """
import socket, sys
server = socket.socket(fileno=int(sys.argv[1]))
while True:
    server.accept()[0].close()
"""
KINDS = [("mysql", "MySQL"), ("postgresql", "PostgreSQL")]


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is bound, so that nobody else takes it, and on which nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield int(bound.getsockname()[1])


@pytest.fixture
def hanging_up() -> Iterator[int]:
    """The port of a server that ends every connection at once.

    It is a process: ML Metadata holds the interpreter's lock while it connects.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.fileno()
        process = subprocess.Popen([sys.executable, "-c", HANG_UP, str(number)], pass_fds=[number])
        try:
            yield int(server.getsockname()[1])
        finally:
            process.kill()
            process.wait()


@pytest.mark.parametrize(("scheme", "kind"), KINDS)
def test_a_closed_port_is_named(scheme: str, kind: str, closed_port: int) -> None:
    connection = connection_config(f"{scheme}://ann@127.0.0.1:{closed_port}/mlmd", LAYOUT)
    with pytest.raises(UnavailableError) as raised:
        check_server(connection)
    assert str(raised.value) == (
        f"`metadata.url`: no {kind} server can be reached at 127.0.0.1:{closed_port} (connection "
        "refused); start the server, or correct the host and the port"
    )


@pytest.mark.parametrize(("scheme", "kind"), KINDS)
def test_a_server_that_refuses_the_account_is_told_from_none(
    scheme: str, kind: str, hanging_up: int
) -> None:
    connection = connection_config(f"{scheme}://ann:word@127.0.0.1:{hanging_up}/mlmd", LAYOUT)
    with pytest.raises(UnavailableError) as raised:
        open_store(connection)
    message = str(raised.value)
    assert f"the {kind} server at 127.0.0.1:{hanging_up} refuses user 'ann'" in message
    assert "'mlmd'; check the user, the password" in message
    assert "word@" not in message


def test_other_failures_of_the_metadata_keep_their_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(connection: object) -> None:
        raise RuntimeError("schema version 99")

    monkeypatch.setattr(opening, "MetadataStore", fail)
    with pytest.raises(RuntimeError, match="schema version 99"):
        open_store(connection_config("mysql://ann@127.0.0.1/mlmd", LAYOUT))
