"""The pushed model answers alike wherever it is loaded."""

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import requests
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from tests.e2e.pipeline_process import COMMAND, ROOT, Project

pytestmark = pytest.mark.e2e

TEXTS = ["the shirt, very good", "", "movie\nis bad!", "Überraschung 👍", "hate " * 60]
TOLERANCE = 1e-5
SERVED_TOLERANCE = 0.1  # the server computes in integers or bfloat16 where the CPU does
CLEAN_PROCESS = """
import json, sys
import tensorflow as tf, tensorflow_text
model = tf.saved_model.load(sys.argv[1])
answer = model.signatures["serving_default"](tf.constant(json.loads(sys.argv[2])))
print(json.dumps(answer["probabilities"].numpy().tolist()))
"""


@dataclass(frozen=True)
class Served:
    """A pushed model and the addresses of a server that serves it."""

    version: Path
    rest: str
    grpc: str
    engine: str


@pytest.fixture(scope="module")
def served(finished_project: Project) -> Iterator[Served]:
    newest = finished_project.versions()[-1]
    version = finished_project.output / "serving_model" / newest
    command = [sys.executable, "-m", "serving", "--model_name=bert", "--port=0"]
    command += ["--rest_api_port=18501", f"--model_base_path={version.parent}"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    ready = process.stdout.readline()
    addresses = ready.split("gRPC ")[1]
    engine = ready.partition(" on ")[2].partition(":")[0]
    yield Served(version, addresses.split("REST ")[1].strip(), addresses.split(",")[0], engine)
    process.terminate()
    assert process.wait(timeout=60) == 0
    process.stdout.close()


@pytest.fixture(scope="module")
def expected(served: Served) -> NDArray[Any]:
    """Probabilities from a process that imports TensorFlow and TF Text only."""
    command = [sys.executable, "-c", CLEAN_PROCESS, str(served.version), json.dumps(TEXTS)]
    printed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return np.array(json.loads(printed.splitlines()[-1]))


def test_rest(served: Served, expected: NDArray[Any]) -> None:
    answer = requests.post(f"{served.rest}:predict", json={"instances": TEXTS}, timeout=60)

    rows = answer.json()["predictions"]
    np.testing.assert_allclose(
        [row["probabilities"] for row in rows], expected, atol=SERVED_TOLERANCE
    )
    for row in rows:
        assert row["label"] == row["classes"][int(np.argmax(row["probabilities"]))]


def test_grpc(served: Served, expected: NDArray[Any]) -> None:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "bert"
    request.inputs["text"].CopyFrom(tf.make_tensor_proto(TEXTS))
    with grpc.insecure_channel(served.grpc) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        answer = stub.Predict(request, timeout=60)

    found = tf.make_ndarray(answer.outputs["probabilities"])
    np.testing.assert_allclose(found, expected, atol=SERVED_TOLERANCE)


def test_the_server_runs_what_the_optimizer_kept(served: Served) -> None:
    assert served.engine.startswith("openvino ")


def test_predict_command(served: Served, expected: NDArray[Any], tmp_path: Path) -> None:
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text",), *((text,) for text in TEXTS)])
    command = [*COMMAND, "predict", "--model-dir", str(served.version.parent)]
    command += ["--input", str(source), "--output", str(output)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)

    with output.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rest = requests.post(f"{served.rest}:predict", json={"instances": TEXTS[:1]}, timeout=60)
    classes = rest.json()["predictions"][0]["classes"]
    found = [[float(row[f"probability_{name}"]) for name in classes] for row in rows]
    assert [row["text"] for row in rows] == TEXTS
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)
