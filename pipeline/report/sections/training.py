"""The training: its learning curve, the epoch that was kept, the hyperparameters."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.tfrecords import read_file
from pipeline.report.charts.data_and_training import learning_curve
from pipeline.report.section import OutputSection

HISTORY_FILE = "history.json"


@dataclass(frozen=True)
class Epoch:
    """The figures of one epoch; NaN for what was not recorded."""

    number: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    examples_per_s: float


@dataclass(frozen=True)
class Training:
    """The learning curve, the epoch whose weights were kept, and the hyperparameters.

    `precision` is the one that ran; `None`: the training was before there was a choice.
    """

    epochs: tuple[Epoch, ...]
    best_epoch: int | None
    hyperparameters: Mapping[str, Any]
    precision: str | None = None

    @property
    def accuracy(self) -> dict[str, list[float]]:
        """The accuracy after each epoch, on both splits."""
        return {
            "train": [epoch.accuracy for epoch in self.epochs],
            "eval": [epoch.val_accuracy for epoch in self.epochs],
        }

    @property
    def loss(self) -> dict[str, list[float]]:
        """The loss after each epoch, on both splits."""
        return {
            "train": [epoch.loss for epoch in self.epochs],
            "eval": [epoch.val_loss for epoch in self.epochs],
        }


def read_training(uri: str, early_stopping_metric: str) -> Training:
    """Read the history of a training.

    Args:
        uri: Folder of Trainer's `model_run`.
        early_stopping_metric: `accuracy` or `loss`: it decides which weights are kept.

    Returns:
        The section.
    """
    content = json.loads(read_file(f"{uri}/{HISTORY_FILE}"))
    epochs = tuple(
        Epoch(
            number=int(figures.get("epoch", place)),
            loss=figures.get("loss", math.nan),
            accuracy=figures.get("accuracy", math.nan),
            val_loss=figures.get("val_loss", math.nan),
            val_accuracy=figures.get("val_accuracy", math.nan),
            examples_per_s=figures.get("examples_per_s", math.nan),
        )
        for place, figures in enumerate(content["epochs"], start=1)
    )
    by_accuracy = early_stopping_metric == "accuracy"
    # The first of equals: the training keeps weights only if they are better.
    best = max(epochs, key=lambda e: e.val_accuracy if by_accuracy else -e.val_loss, default=None)
    return Training(
        epochs, best.number if best else None, content["hyperparameters"], content.get("precision")
    )


SECTION = OutputSection(
    name="training",
    title="Training",
    node="Trainer",
    output="model_run",
    read=lambda made, run: read_training(made.uri, run.config.train.early_stopping_metric),
    helpers={"learning_curve": learning_curve},
)
