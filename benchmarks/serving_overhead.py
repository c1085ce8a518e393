"""Measure what the server adds to the model: one short text over REST and gRPC, and in the process.

The three take turns, so that the machine's noise meets them alike; the answer to compare with is
the model's own call, on the same C++ runtime with the same threads.

Usage: python -m benchmarks.serving_overhead --model-dir output/demo/serving_model
"""

import argparse
import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figures import machine, spread, summary, table, write_json
from serving.data_plane import ModelQuery
from serving.server import Server
from serving.settings import ServerSettings
from serving.tuning import tune_interpreter

TEXT = "Sturdy, quiet and easy to clean."
NAME = "bert"
MS = 1000


def main() -> int:
    """Print milliseconds of each, and what the transports add to the model's median."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model-dir", type=Path, required=True, help="folder of version folders")
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    arguments = parser.parse_args()
    settings = ServerSettings(arguments.model_dir, NAME, port=0, rest_api_port=0)
    server = Server(settings)
    server.start()
    tune_interpreter()
    try:
        found = measure(server, arguments.rounds)
    finally:
        server.stop()
    model = found["model"]["median"]
    rows = [
        [name, spread(ms), round(ms["median"] - model, 3), round(ms["median"] / model, 2)]
        for name, ms in found.items()
    ]
    print(table(["", "ms", "adds, ms", "times the model"], rows))
    write_json(arguments.json, {"machine": machine(), "ms": found})
    return 0


def measure(server: Server, rounds: int) -> dict[str, dict[str, float]]:
    """Let model, REST and gRPC answer in turn.

    Args:
        server: A running server.
        rounds: Calls of each kind.

    Returns:
        The spread of each, milliseconds.
    """
    calls = {"model": model_call(server), "rest": rest_call(server), "grpc": grpc_call(server)}
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    return {name: summary([value * MS for value in values], 3) for name, values in seconds.items()}


def model_call(server: Server) -> Callable[[], Any]:
    """Return a call of the model in this process."""
    inputs = {"text": np.array([TEXT.encode()], dtype=object)}

    def call() -> Any:
        with server.plane.use(ModelQuery(NAME)) as model:
            return model.call("", inputs)

    return call


def rest_call(server: Server) -> Callable[[], Any]:
    """Return a request on an open connection; a bare socket leaves a client's own time out."""
    host, _, port = str(server.rest_address).rpartition(":")
    connection = socket.create_connection((host, int(port)))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    body = json.dumps({"instances": [TEXT]}).encode()
    head = f"POST /v1/models/{NAME}:predict HTTP/1.1\r\nHost: {host}\r\n"
    request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def call() -> Any:
        connection.sendall(request)
        answer = b""
        while not answer.endswith(b"}"):  # the last byte of every answer's object
            answer += connection.recv(65536)
        return answer

    return call


def grpc_call(server: Server) -> Callable[[], Any]:
    """Return a request over an open channel."""
    import grpc

    from serving.runtime.protos import load_protos

    protos = load_protos()
    request = protos.predict_pb2.PredictRequest()
    request.model_spec.name = NAME
    tensor = request.inputs["text"]
    tensor.dtype = protos.types_pb2.DT_STRING
    tensor.tensor_shape.dim.add(size=1)
    tensor.string_val.append(TEXT.encode())
    stub = protos.prediction_service_pb2_grpc.PredictionServiceStub(
        grpc.insecure_channel(server.grpc_address)
    )
    return lambda: stub.Predict(request, timeout=30)


if __name__ == "__main__":
    raise SystemExit(main())
