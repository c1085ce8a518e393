"""Labels of a file beside a model's answers: mapped as the run of the model mapped its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bert_aas.preparation.labels import LabelMap, same_class
from bert_aas.preparation.model_labels import model_label_map
from pipeline.predictions.predicted import Predictions
from pipeline.predictions.pushed_model import version_folder


@dataclass(frozen=True)
class Compared:
    """Labels and answers, row by row.

    Attributes:
        classes: The class of each row's label; empty for rows that a run would drop.
        unknown: Rows with a class that the model does not have.
        right: Rows whose class is the answer.
    """

    classes: list[str]
    unknown: int
    right: int

    def sentence(self) -> str:
        """Say how many answers are right."""
        dropped = self.classes.count("")
        counted = len(self.classes) - dropped - self.unknown
        found = f"accuracy {self.right / counted:.4f}: " if counted else ""
        left_out = [
            f"{dropped:,} without a label or of a class that the run dropped" if dropped else "",
            f"{self.unknown:,} of a class that the model does not have" if self.unknown else "",
        ]
        others = " and ".join(filter(None, left_out))
        said = f"{found}{self.right:,} of {counted:,} rows are right"
        return f"{said}; not counted: {others}" if others else said


def label_map(model: Path | None) -> LabelMap:
    """Find how the run of a model mapped its labels.

    Args:
        model: A version folder, or the folder of versions; without, labels stay as they are.

    Returns:
        The map.
    """
    return LabelMap() if model is None else model_label_map(version_folder(model))


def compare(labels: Sequence[str], predictions: Predictions, mapped: LabelMap) -> Compared:
    """Compare labels with answers.

    Args:
        labels: As spelt in the file.
        predictions: The answers to the same rows.
        mapped: How the run mapped its labels.

    Returns:
        What was found.
    """
    known = {same_class(name): name for name in predictions.classes}
    given = [label.strip() for label in labels]
    classes = ["" if mapped.drops(label) else mapped(label) for label in given]
    classes = [known.get(same_class(name), name) for name in classes]
    unknown = sum(bool(name) and same_class(name) not in known for name in classes)
    pairs = zip(classes, predictions.labels, strict=True)
    return Compared(classes, unknown, sum(name == answer for name, answer in pairs))
