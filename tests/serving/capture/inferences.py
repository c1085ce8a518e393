"""Inferences by hand, and an observer that keeps what became of them."""

from collections import Counter
from typing import Any

import numpy as np

from serving.capture.inference import Inference, Origin
from serving.observing.observer import Observers
from serving.runtime.tensors import bytes_array

ORIGIN = Origin("REST", 40, "request-7", "order-9", 1_796_000_000.25)


def text_inference(text: str | bytes, model: str = "reviews", **changes: Any) -> Inference:
    """A predict request of one text, answered "good" with 0.9."""
    given = text if isinstance(text, bytes) else text.encode()
    values: dict[str, Any] = {
        "method": "predict",
        "model": model,
        "version": 3,
        "signature": "serving_default",
        "inputs": {"text": bytes_array([given])},
        "outputs": {
            "label": bytes_array([b"good"]),
            "probabilities": np.array([[0.1, 0.9]], np.float32),
        },
    }
    return Inference(**values | changes)


class Outcomes(Observers):
    """Counts by model, log and outcome."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[tuple[str, str, str]] = Counter()

    def captured(self, model_name: str, log: str, outcome: str, count: int) -> None:
        self.counts[model_name, log, outcome] += count
