"""Writes classifications and regressions into TensorFlow Serving's messages.

Source:
    TensorFlow Serving, `apis/classification.proto`, `regression.proto`.
"""

from typing import Any

from serving.servables.classification import Classifications
from serving.servables.model import Array


def fill_classifications(result: Any, found: Classifications) -> None:
    """Write classifications.

    Args:
        result: The `ClassificationResult` to fill.
        found: The classes of each example.
    """
    for row in found.rows():
        classes = result.classifications.add().classes
        for label, score in row:
            # Protos hold labels as text; upstream sends whatever bytes the model gives.
            classes.add(label=label.decode("utf-8", "replace"), score=score)


def fill_regressions(result: Any, values: Array) -> None:
    """Write regressions.

    Args:
        result: The `RegressionResult` to fill.
        values: One value per example, float32 `[n]`.
    """
    for value in values.tolist():
        result.regressions.add(value=value)
