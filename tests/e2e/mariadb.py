"""A MariaDB server of one's own: private port, socket and data folder, not the system's service."""

import contextlib
import getpass
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

LIMIT_S = 120.0
DATABASE = "mlmd"
USER = "pipeline"
PASSWORD = "not-a-secret"  # noqa: S105 - of a server that lives as long as a test


@dataclass(frozen=True)
class MariaDb:
    """A running server with an empty database.

    Attributes:
        port: On 127.0.0.1.
    """

    port: int

    def url(self, password: str = PASSWORD) -> str:
        """`metadata.url`; the password may also be `${NAME}`."""
        return f"mysql://{USER}:{password}@127.0.0.1:{self.port}/{DATABASE}"

    def answers(self) -> bool:
        """Whether the user can connect to the database."""
        client = [
            *("mariadb", "--no-defaults", "--protocol=tcp", "--host=127.0.0.1"),
            *(f"--port={self.port}", f"--user={USER}", f"--password={PASSWORD}"),
            *("--execute=SELECT 1", DATABASE),
        ]
        return subprocess.run(client, capture_output=True, check=False).returncode == 0


@contextlib.contextmanager
def running_mariadb(folder: Path) -> Iterator[MariaDb]:
    """Start a server that keeps everything in a folder; skip where none is installed."""
    program = shutil.which("mariadbd", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    installer = shutil.which("mariadb-install-db")
    if program is None or installer is None:
        pytest.skip("mariadbd is not installed (Debian: apt-get install mariadb-server)")
    data, port = folder / "data", _free_port()
    mine = ["--no-defaults", f"--datadir={data}", f"--user={getpass.getuser()}"]
    subprocess.run(
        [installer, *mine, "--skip-test-db", "--auth-root-authentication-method=normal"],
        check=True,
        capture_output=True,
    )
    (folder / "init.sql").write_text(
        f"CREATE DATABASE {DATABASE};\n"
        f"CREATE USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
        f"GRANT ALL ON {DATABASE}.* TO '{USER}'@'127.0.0.1';\n"
    )
    options = [
        *(f"--port={port}", "--bind-address=127.0.0.1"),
        *("--socket=mariadb.sock", "--pid-file=mariadb.pid"),  # in the data folder
        *(f"--init-file={folder / 'init.sql'}", f"--log-error={folder / 'log.err'}"),
        *("--skip-name-resolve", "--skip-log-bin", "--innodb-buffer-pool-size=64M"),
    ]
    server = subprocess.Popen([program, *mine, *options])
    try:
        yield _ready(MariaDb(port), server, folder / "log.err")
    finally:
        server.terminate()
        server.wait(LIMIT_S)


def _ready(database: MariaDb, server: "subprocess.Popen[bytes]", log: Path) -> MariaDb:
    deadline = time.monotonic() + LIMIT_S
    while not database.answers():
        assert server.poll() is None, log.read_text()[-3000:]
        assert time.monotonic() < deadline, "MariaDB does not answer"
    return database


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
