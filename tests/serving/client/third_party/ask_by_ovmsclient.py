"""Asks the model `single` with `ovmsclient`; prints a line of JSON per transport.

A program of its own: the package brings TensorFlow's protos in another edition.
"""

import json
import sys
from typing import Any

import numpy as np
import ovmsclient


def ask(client: Any) -> dict[str, Any]:
    """Ask everything that the client can."""
    texts = np.array([b"abcdefg", b"x", "größ".encode()])
    named = {"model_name": "single", "model_version": 2}
    answer = client.predict(inputs={"text": texts}, **named)
    one = client.predict(inputs={"text": b"ab"}, model_name="single", model_version=1)
    return {
        "labels": answer["label"].tolist(),
        "shape": list(answer["probabilities"].shape),
        "one": one["label"].tolist(),
        "status": client.get_model_status(**named),
        "metadata": sorted(client.get_model_metadata(**named)),
        "unknown version": refusal(client, model_name="single"),  # it asks for version 0
        "unknown model": refusal(client, model_name="nope", model_version=1),
    }


def refusal(client: Any, **named: Any) -> list[str]:
    """Return the class and the text of what a request comes to."""
    try:
        client.predict(inputs={"text": np.array([b"a"])}, **named)
    except Exception as exc:
        return [type(exc).__name__, str(exc)]
    return []


def main() -> None:
    """Ask over both transports."""
    rest, grpc = sys.argv[1:]
    for client in (ovmsclient.make_http_client(rest), ovmsclient.make_grpc_client(grpc)):
        answers = json.dumps(ask(client), default=lambda value: value.decode())
        sys.stdout.write(f"{answers}\n")


if __name__ == "__main__":
    main()
