"""What others say of the same predictions; run by the Python of `.venv-oracles`, which has them.

Standard input: a JSON list of tables, each with the lists `side` (`a` or `d`), `label`, `predicted`
(whole numbers), `group`, `x` and `y` (numbers), and `positive`, a class. Standard output: a JSON
list of name to figure; `null` where there is nothing to divide by.
"""

import contextlib
import json
import math
import sys
from typing import Any

import numpy as np
import pandas as pd
from aif360.datasets import BinaryLabelDataset
from aif360.metrics import ClassificationMetric
from fairlearn.metrics import (
    MetricFrame,
    selection_rate,
    true_negative_rate,
    true_positive_rate,
)
from scipy.stats import chi2_contingency
from sklearn.metrics import accuracy_score, confusion_matrix, precision_score
from sklearn.neighbors import KNeighborsClassifier


def answers(table: dict[str, Any]) -> dict[str, float | None]:
    """Measure a table with every implementation that has the figure."""
    frame = pd.DataFrame({name: table[name] for name in table if name != "positive"})
    frame["accuracy"] = frame.label == frame.predicted
    frame["truth"] = (frame.label == table["positive"]).astype(int)
    frame["answer"] = (frame.predicted == table["positive"]).astype(int)
    a, d = (frame[frame.side == side] for side in "ad")
    found = {
        **of_aif360(frame),
        **of_fairlearn(frame),
        "DCAcc": per_prediction(a, 1) - per_prediction(d, 1),
        "DCR": per_prediction(d, 0) - per_prediction(a, 0),
        "TE": per_false_positive(d) - per_false_positive(a),
        "FT": flip_test(a, d),
        "CDDPL": disparity(frame),
        "AD of all classes": float(a.accuracy.mean() - d.accuracy.mean()),
        "p of DPPL": p_value(frame, "answer"),
    }
    return {name: float(value) if math.isfinite(value) else None for name, value in found.items()}


def of_aif360(frame: pd.DataFrame) -> dict[str, float]:
    """Take the unprivileged group for facet d."""

    def dataset(column: str) -> BinaryLabelDataset:
        numbers = pd.DataFrame({"a": (frame.side == "a").astype(int), "label": frame[column]})
        return BinaryLabelDataset(
            df=numbers, label_names=["label"], protected_attribute_names=["a"]
        )

    metric = ClassificationMetric(
        dataset("truth"),
        dataset("answer"),
        privileged_groups=[{"a": 1}],
        unprivileged_groups=[{"a": 0}],
    )
    return {
        "DPPL": -metric.mean_difference(),
        "DI": metric.disparate_impact(),
        "RD": -metric.true_positive_rate_difference(),
        "SD": metric.true_negative_rate(privileged=False)
        - metric.true_negative_rate(privileged=True),
        "AD": metric.accuracy(privileged=True) - metric.accuracy(privileged=False),
        "DAR": metric.precision(privileged=True) - metric.precision(privileged=False),
        "DRR": metric.negative_predictive_value(privileged=False)
        - metric.negative_predictive_value(privileged=True),
        "GE": metric.generalized_entropy_index(alpha=2),
    }


def of_fairlearn(frame: pd.DataFrame) -> dict[str, float]:
    """Compare rates by side."""
    metrics = {
        "DPPL": selection_rate,
        "RD": true_positive_rate,
        "SD": true_negative_rate,
        "AD": accuracy_score,
        "DAR": precision_score,
    }
    rates = MetricFrame(
        metrics=metrics,
        y_true=frame.truth,
        y_pred=frame.answer,
        sensitive_features=frame.side,
    ).by_group
    signs = {name: -1 if name == "SD" else 1 for name in metrics}
    return {
        f"{name} of fairlearn": signs[name] * (rates[name]["a"] - rates[name]["d"])
        for name in metrics
    }


def per_prediction(rows: pd.DataFrame, outcome: int) -> float:
    """Count labels for each prediction."""
    with np.errstate(all="ignore"):
        return float(np.float64((rows.truth == outcome).sum()) / (rows.answer == outcome).sum())


def per_false_positive(rows: pd.DataFrame) -> float:
    """Count false negatives for each false positive."""
    matrix = confusion_matrix(rows.truth, rows.answer, labels=[0, 1])
    with np.errstate(all="ignore"):
        return float(np.float64(matrix[1, 0]) / matrix[0, 1])


def flip_test(a: pd.DataFrame, d: pd.DataFrame) -> float:
    """Ask neighbours among facet a for a prediction of facet d."""
    neighbours = KNeighborsClassifier(n_neighbors=5 if len(a) >= 10 else 1)
    neighbours.fit(a[["x", "y"]], a.answer)
    return float((d.answer - neighbours.predict(d[["x", "y"]])).mean())


def disparity(frame: pd.DataFrame) -> float:
    """Average d's part of the rejected less its part of the accepted over the groups."""
    found = 0.0
    for _, rows in frame.groupby("group"):
        parts = [
            (rows.side[rows.answer == outcome] == "d").mean()
            if (rows.answer == outcome).any()
            else 0.0
            for outcome in (0, 1)
        ]
        found += len(rows) / len(frame) * float(parts[0] - parts[1])
    return found


def p_value(frame: pd.DataFrame, column: str) -> float:
    """Test whether both sides have the same shares; `nan` where rows are too few for this test."""
    counts = pd.crosstab(frame.side, frame[column])
    if counts.shape != (2, 2):
        return math.nan
    tested = chi2_contingency(counts, correction=False)
    return float(tested.pvalue) if tested.expected_freq.min() >= 5 else math.nan


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr), np.errstate(all="ignore"):
        found = [answers(table) for table in json.load(sys.stdin)]
    sys.stdout.write(json.dumps(found))
