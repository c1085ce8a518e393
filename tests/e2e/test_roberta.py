"""A RoBERTa of random weights through the whole pipeline and its server: pairs, byte-level ids."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import requests
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from models.attribution.attribution import Explainer
from tests.e2e.pipeline_process import ROOT, Project
from tests.e2e.test_variants import ANSWERS, write_pairs
from tests.tiny_roberta import build_tiny_roberta

pytestmark = pytest.mark.e2e

SERVED_TOLERANCE = 1e-5  # the server runs the SavedModel: `--engine=tensorflow`
QUESTIONS = ["the shirt?", "", "l\u00e4uft\n\n gut \U0001f44d"]
REPLIES = ["good abcd", "bad\x00 efgh", "it's fine, " * 20]
CLEAN_PROCESS = """
import json, sys
import tensorflow as tf, tensorflow_text
model = tf.saved_model.load(sys.argv[1])
texts, pairs = json.loads(sys.argv[2])
answer = model.signatures["serving_default"](text=tf.constant(texts), text_pair=tf.constant(pairs))
print(json.dumps(answer["probabilities"].numpy().tolist()))
"""


@pytest.fixture(scope="module")
def version(project: Project) -> Path:
    folder = project.output.parent
    data = folder / "pairs.jsonl"
    write_pairs(data)
    columns = ["text_column=question", "text_pair_column=reply", "label_column=answer"]
    settings = [*columns, "key_column=null", "bad_rows=reject", "stratify=true", f"path={data}"]
    encoder = build_tiny_roberta(folder / "roberta")
    pairs = replace(project, output=folder / "roberta_output")

    run = pairs.run(
        *(f"data.{setting}" for setting in settings),
        f"encoder.source={encoder}",
        "evaluate.slices=[answer]",
    )

    assert run["status"] == "succeeded"
    return pairs.output / "serving_model" / pairs.versions()[-1]


@pytest.fixture(scope="module")
def expected(version: Path) -> NDArray[Any]:
    """Probabilities from a process that imports TensorFlow and TF Text only."""
    asked = json.dumps([QUESTIONS, REPLIES])
    command = [sys.executable, "-c", CLEAN_PROCESS, str(version), asked]
    printed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return np.array(json.loads(printed.splitlines()[-1]))


@pytest.fixture(scope="module")
def addresses(version: Path) -> Iterator[tuple[str, str]]:
    """gRPC's and REST's address of a server."""
    command = [sys.executable, "-m", "serving", "--model_name=roberta", "--port=0"]
    command += ["--rest_api_port=18511", f"--model_base_path={version.parent}"]
    command += ["--engine=tensorflow"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    found = process.stdout.readline().split("gRPC ")[1]
    yield found.split(",")[0], found.split("REST ")[1].strip()
    process.terminate()
    assert process.wait(timeout=60) == 0
    process.stdout.close()


def test_rest(addresses: tuple[str, str], expected: NDArray[Any]) -> None:
    rows = [
        {"text": text, "text_pair": pair} for text, pair in zip(QUESTIONS, REPLIES, strict=True)
    ]
    answer = requests.post(f"{addresses[1]}:predict", json={"instances": rows}, timeout=60)

    found = [row["probabilities"] for row in answer.json()["predictions"]]
    np.testing.assert_allclose(found, expected, atol=SERVED_TOLERANCE)


def test_grpc(addresses: tuple[str, str], expected: NDArray[Any]) -> None:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "roberta"
    request.inputs["text"].CopyFrom(tf.make_tensor_proto(QUESTIONS))
    request.inputs["text_pair"].CopyFrom(tf.make_tensor_proto(REPLIES))
    with grpc.insecure_channel(addresses[0]) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        answer = stub.Predict(request, timeout=60)

    found = tf.make_ndarray(answer.outputs["probabilities"])
    np.testing.assert_allclose(found, expected, atol=SERVED_TOLERANCE)


def test_explanations(version: Path, expected: NDArray[Any]) -> None:
    explainer = Explainer(str(version))
    found = explainer.explain(["the shirt? it"], ["g\u00e4be, good"], steps=8)[0]
    assert set(found.probabilities) == set(ANSWERS)
    assert [(word.text, word.segment) for word in found.words] == [
        *(("the", 0), ("shirt", 0), ("?", 0), ("it", 0)),
        *(("g\u00e4be", 1), (",", 1), ("good", 1)),
    ]
    assert found.pieces.count("</s>") == 3
    asked = explainer.explain(QUESTIONS, REPLIES, steps=1)
    answers = [list(one.probabilities.values()) for one in asked]
    np.testing.assert_allclose(answers, expected, atol=1e-5)
