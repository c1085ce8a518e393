"""A PostgreSQL server of one's own: private port, socket and data, not the system's service."""

import contextlib
import glob
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

PASSWORD = "p@ss/word"  # noqa: S105 - of a server that lives as long as a test
_UNPRIVILEGED = "postgres"


@contextlib.contextmanager
def running_postgresql(folder: Path) -> Iterator[int]:
    """Start a server with a user `pipeline`; give its port; skip where none is installed."""
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))  # noqa: PTH207
    if not programs:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    bin_folder, port = Path(programs[-1]).parent, _free_port()
    data, password = folder / "data", folder / "password"
    password.write_text(PASSWORD)
    _run(
        [
            *(str(bin_folder / "initdb"), "-D", str(data), "--username=pipeline"),
            *("--auth=scram-sha-256", f"--pwfile={password}"),
        ],
        folder,
    )
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
    control = [str(bin_folder / "pg_ctl"), "-D", str(data), "-w"]
    _run([*control, "-o", options, "-l", str(folder / "log"), "start"], folder)
    try:
        yield port
    finally:
        _run([*control, "-m", "fast", "stop"], folder)


def _run(command: list[str], folder: Path) -> None:
    """Run a program as another user where this one is root, which PostgreSQL refuses."""
    if os.geteuid() == 0:
        for place in (folder, *folder.parents[:-2]):
            place.chmod(place.stat().st_mode | 0o011)
        shutil.chown(folder, _UNPRIVILEGED)
        for path in folder.glob("password"):
            shutil.chown(path, _UNPRIVILEGED)
        command = [
            "setpriv",
            f"--reuid={_UNPRIVILEGED}",
            f"--regid={_UNPRIVILEGED}",
            "--clear-groups",
            *command,
        ]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
