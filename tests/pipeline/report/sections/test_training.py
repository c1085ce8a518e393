import json
import math
from pathlib import Path

import pytest

from pipeline.report.sections.training import read_training


@pytest.mark.parametrize(("metric", "best"), [("accuracy", 1), ("loss", 2)])
def test_the_epoch_whose_weights_were_kept(tmp_path: Path, metric: str, best: int) -> None:
    epochs = [
        {"epoch": 1, "loss": 0.9, "val_accuracy": 0.8, "val_loss": 0.5},
        {"epoch": 2, "loss": 0.7, "val_accuracy": 0.8, "val_loss": 0.4},
    ]
    content = {"epochs": epochs, "hyperparameters": {"epochs": 2}, "precision": "bfloat16"}
    (tmp_path / "history.json").write_text(json.dumps(content), encoding="utf-8")
    found = read_training(str(tmp_path), metric)
    assert found.best_epoch == best
    assert found.epochs[1].loss == 0.7
    assert math.isnan(found.epochs[1].accuracy)
    assert found.hyperparameters == {"epochs": 2}
    assert found.precision == "bfloat16"
