"""A client of others, in Python: Intel's `ovmsclient`, which also asks TensorFlow Serving."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving.client.processes import ROOT, Addresses

pytestmark = pytest.mark.e2e

PROGRAM = Path(__file__).parent / "third_party" / "ask_by_ovmsclient.py"
REFUSED = "Error occurred during handling the request: Servable not found for request: "


def test_ovmsclient_over_rest_and_grpc(addresses: Addresses) -> None:
    command = [sys.executable, str(PROGRAM), addresses.url.removeprefix("http://"), addresses.grpc]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    rest, grpc = map(json.loads, done.stdout.splitlines())
    assert rest.pop("metadata") == ["metadata", "model_spec"]  # not read any further by it
    assert grpc.pop("metadata") == ["inputs", "model_version", "outputs"]
    assert rest == grpc
    assert rest == {
        "labels": ["2", "10", "no"],  # 7, 1 and 4 characters, modulo 4
        "shape": [3, 4],
        "one": ["-1"],
        "status": {"2": {"state": "AVAILABLE", "error_code": 0, "error_message": ""}},
        "unknown version": ["ModelNotFoundError", f"{REFUSED}Specific(single, 0)"],
        "unknown model": ["ModelNotFoundError", f"{REFUSED}Specific(nope, 1)"],
    }
