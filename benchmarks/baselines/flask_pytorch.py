"""What teams deploy first: Flask, PyTorch, one text per request, padded to 128 tokens.

Usage: gunicorn --workers 2 --worker-class gthread APP
with `benchmarks.baselines.flask_pytorch:create_app("FOLDER", 128, 1)` as APP and a folder of
`export_weights`.
"""

from pathlib import Path
from typing import Any

import torch
from flask import Flask, jsonify, request

from benchmarks.baselines.torch_classifier import PaddingTokenizer, TorchClassifier, read_facts


def create_app(folder: str, length: int, torch_threads: int) -> Flask:
    """Load the model and build the application.

    Args:
        folder: As written by `export_weights`.
        length: Tokens that each text is padded to.
        torch_threads: Threads that share one operation.

    Returns:
        The application: `POST /predict` with `{"text": …}`.
    """
    torch.set_num_threads(torch_threads)
    model = TorchClassifier(Path(folder))
    tokenize = PaddingTokenizer(Path(folder), length)
    classes = read_facts(Path(folder))["classes"]
    app = Flask(__name__)

    @app.post("/predict")
    def predict() -> Any:
        with torch.inference_mode():
            probabilities = model(**tokenize(request.get_json()["text"]))[0]
        label = classes[int(probabilities.argmax())]
        return jsonify(label=label, probabilities=probabilities.tolist(), classes=classes)

    return app
