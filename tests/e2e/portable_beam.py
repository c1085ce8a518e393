"""Beam's own Python job service and worker pool, as processes of their own."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from tests.e2e.beam_processes import ImportWatch, watch_imports
from tests.e2e.pipeline_process import ROOT, TIMEOUT_S

JOB_SERVICE = "apache_beam.runners.portability.local_job_service_main"
WORKER_POOL = "apache_beam.runners.worker.worker_pool_main"


@dataclass(frozen=True)
class PortableBeam:
    """A running job service and a worker pool.

    Attributes:
        job_endpoint: Address of the job service.
        pool_address: Address of the worker pool.
        pool_id: Process id of the worker pool; its workers are its children.
        imports: What the workers imported.
    """

    job_endpoint: str
    pool_address: str
    pool_id: int
    imports: ImportWatch

    def settings(self) -> tuple[str, str]:
        """The settings of `bert-aas run` that send the data nodes here."""
        options = (
            f"job_endpoint: '{self.job_endpoint}', environment_type: EXTERNAL, "
            f"environment_config: '{self.pool_address}'"
        )
        return "beam.runner=PortableRunner", f"beam.options={{{options}}}"

    def workers(self, module: str) -> set[int]:
        """The process ids of those workers of the pool that imported a module."""
        found = self.imports.processes(module)
        return {own for parent, own in found if parent == self.pool_id}


@contextmanager
def portable_beam(folder: Path, watched: tuple[str, ...]) -> Iterator[PortableBeam]:
    """Start both processes, wait until they answer, and stop them; their logs stay in `folder`."""
    imports = watch_imports(folder, watched)
    port_file = folder / "job-service.port"
    pool_port = _free_port()
    with ExitStack() as stack:
        service = stack.enter_context(
            _process(folder, JOB_SERVICE, "--port_file", str(port_file), "--port", "0")
        )
        with pytest.MonkeyPatch.context() as patch:
            # The pool starts its workers as `python`.
            patch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
            patch.setenv("PYTHONPATH", str(imports.path))
            pool = stack.enter_context(
                _process(folder, WORKER_POOL, "--service_port", str(pool_port))
            )
        _wait_for_file(port_file, service)
        job_endpoint = f"localhost:{port_file.read_text().strip()}"
        for address in (job_endpoint, f"localhost:{pool_port}"):
            _wait_for_server(address)
        yield PortableBeam(job_endpoint, f"localhost:{pool_port}", pool.pid, imports)


@contextmanager
def _process(folder: Path, module: str, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    with (folder / f"{module.rpartition('.')[2]}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments], cwd=ROOT, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(TIMEOUT_S)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for_file(path: Path, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not path.exists():
        assert process.poll() is None, "the job service ended"
        assert time.monotonic() < deadline, "the job service does not start"


def _wait_for_server(address: str) -> None:
    with grpc.insecure_channel(address) as channel:
        grpc.channel_ready_future(channel).result(timeout=TIMEOUT_S)
