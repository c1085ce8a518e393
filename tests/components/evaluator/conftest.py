"""Evaluations by TFMA, without a model: over predictions that a test makes up."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from components.evaluator.params import EvaluateParams


@dataclass(frozen=True)
class Evaluation:
    """One evaluation: its folder, its configuration, and the rows it is about."""

    uri: str
    config: Any
    labels: NDArray[Any]
    probabilities: NDArray[Any]
    categories: NDArray[Any]


def evaluate(
    folder: Path, probabilities: NDArray[Any], labels: NDArray[Any] | None = None, **params: Any
) -> Evaluation:
    """Evaluate predictions of 3 classes; the true class of row n is n % 3 unless given."""
    import pandas as pd
    import tensorflow_model_analysis as tfma
    from tensorflow_model_analysis.proto import config_pb2

    from pipeline.graph.told.evaluation import LABEL_ID, PROBABILITIES, eval_config

    labels = np.arange(len(probabilities)) % 3 if labels is None else labels
    categories = np.where(np.arange(len(probabilities)) < 60, "Hüte", "Socks")
    columns = {LABEL_ID: labels, PROBABILITIES: probabilities.tolist(), "category": categories}
    config = eval_config(EvaluateParams(**params))
    changed = config_pb2.EvalConfig()
    changed.CopyFrom(config)
    model = config_pb2.ModelSpec(label_key=LABEL_ID, prediction_key=PROBABILITIES)
    changed.model_specs[0].CopyFrom(model)
    changed = tfma.utils.update_eval_config_with_defaults(
        changed, has_baseline=False, rubber_stamp=True
    )
    tfma.analyze_raw_data(pd.DataFrame(columns), eval_config=changed, output_path=str(folder))
    return Evaluation(str(folder), config, labels, probabilities, categories)


def predictions(rows: int, seed: int = 3) -> NDArray[Any]:
    """Make probabilities of 3 classes that are right more often than not."""
    rng = np.random.default_rng(seed)
    made = rng.dirichlet(np.ones(3), rows)
    made[np.arange(rows), np.arange(rows) % 3] += 0.5
    normalized: NDArray[Any] = made / made.sum(axis=1, keepdims=True)
    return normalized


@pytest.fixture(scope="package")
def sliced(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """150 rows by category, with intervals, far above the threshold."""
    folder = tmp_path_factory.mktemp("evaluation") / "sliced"
    return evaluate(folder, predictions(150), slices=("category",), threshold=0.5)


@pytest.fixture(scope="package")
def low(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """30 rows, without intervals, below the threshold."""
    folder = tmp_path_factory.mktemp("evaluation") / "low"
    options: dict[str, Any] = {
        "confidence_intervals": False,
        "threshold": 0.99,
        "metric": "macro_f1",
    }
    return evaluate(folder, predictions(30), **options)


@pytest.fixture(scope="package")
def degenerate(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """Sure and equal answers, two classes out of three, 3 of 63 rows unknown; 3 rows are Socks."""
    answers = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 1.0, 0.0]])
    probabilities = answers[np.arange(63) % 3]
    labels = np.arange(63) % 2
    labels[60:] = -1
    folder = tmp_path_factory.mktemp("evaluation") / "degenerate"
    return evaluate(folder, probabilities, labels, slices=("category",), metric="auc")


@pytest.fixture(scope="package")
def perfect(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """30 rows, all right."""
    folder = tmp_path_factory.mktemp("evaluation") / "perfect"
    return evaluate(folder, np.eye(3)[np.arange(30) % 3] * 0.7 + 0.1)
