import json
from pathlib import Path

from pipeline.report.sections.tuner import read_trials


def test_trials_are_sorted_by_score(tmp_path: Path) -> None:
    trials = [
        {"dropout": 0.1, "trial_id": "00", "score": 0.5},
        {"dropout": 0.2, "trial_id": "01", "score": None},
        {"dropout": 0.3, "trial_id": "02", "score": 0.75, "epochs": 2},
    ]
    (tmp_path / "tuner_results.json").write_text(json.dumps(trials), encoding="utf-8")
    found = read_trials(str(tmp_path))
    assert found.columns == ("trial_id", "score", "dropout", "epochs")
    assert [trial["trial_id"] for trial in found.trials] == ["02", "00", "01"]
