"""KFP's own client, with the urllib3 of requirements/overrides.txt: newer than KFP allows."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


class Backend(BaseHTTPRequestHandler):
    """Answers as KFP's API server: it says hello, and keeps what is uploaded."""

    uploaded: bytes = b""

    def do_GET(self) -> None:
        self.answer({"multi_user": False})

    def do_POST(self) -> None:
        type(self).uploaded = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer({"pipeline_id": "p-1", "display_name": "toy"})

    def answer(self, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def backend() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Backend) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.filterwarnings("ignore:This client only works with Kubeflow:FutureWarning")
def test_a_package_is_uploaded(
    backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))  # where the client remembers
    from kfp import client

    assert int(metadata.version("urllib3").partition(".")[0]) >= 2
    package = tmp_path / "package.yaml"
    package.write_text("pipelineInfo: {name: toy}\n", encoding="utf-8")

    pipeline = client.Client(host=backend).upload_pipeline(str(package), pipeline_name="toy")

    assert pipeline.pipeline_id == "p-1"
    assert b"pipelineInfo: {name: toy}" in Backend.uploaded
