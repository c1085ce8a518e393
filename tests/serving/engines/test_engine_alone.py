"""The engine in the server's own environment: `make setup-serving` builds it."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.serving.engines.tiny_classifier import expected

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv-serving" / "bin" / "python"
SCRIPT = """
import json, sys
from pathlib import Path
import requests
from serving.server import Server
from serving.settings import ServerSettings

ports = {"port": 0, "rest_api_port": 0}
server = Server(ServerSettings(Path(sys.argv[1]), "tiny", engine="openvino", **ports))
server.start()
base = f"http://{server.rest_address}"
answer = requests.post(f"{base}/v1/models/tiny:predict", json={"instances": ["a", "ab"]}).json()
server.stop()
print(json.dumps([row["probabilities"] for row in answer["predictions"]]))
print([name for name in ("tensorflow", "tfx", "components", "models") if name in sys.modules])
"""


@pytest.mark.e2e
def test_texts_are_classified_without_the_packages_of_the_pipeline(prepared: Path) -> None:
    assert PYTHON.exists(), "the environment of the server alone is missing: run make setup-serving"
    finished = subprocess.run(
        [str(PYTHON), "-c", SCRIPT, str(prepared.parent)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    answers, imported = finished.stdout.splitlines()
    # `[CLS]` is 1, a letter its code modulo 48, plus 2: `a` is 97 % 48 + 2 = 3, `b` 4.
    rows = expected([1, 3], [1, 3, 4], type_id=0)
    np.testing.assert_allclose(json.loads(answers), rows, atol=1e-5)
    assert imported == "[]"
