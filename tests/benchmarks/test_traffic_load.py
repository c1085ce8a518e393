"""A life of traffic plans under load: no request fails, and no session changes its arm."""

from pathlib import Path

import pytest

from tests.benchmarks import scripts
from tests.serving.client.exporter import export_classifier

pytestmark = pytest.mark.e2e

SESSIONS = 100


def test_shifts_and_rollbacks_fail_no_request(tmp_path: Path) -> None:
    export_classifier(tmp_path / "model" / "1")
    more = (f"--model-dir={tmp_path / 'model'}", f"--sessions={SESSIONS}")
    printed, found = scripts.run("traffic_load", tmp_path / "found.json", *more)
    stages = found["stages"]
    assert [stage["planned"] for stage in stages] == [0, 50, 5, 25, 100, 0, 0, 0]
    assert {stage["requests"] for stage in stages} == {2 * SESSIONS}
    assert {stage["failed"] for stage in stages} == {stage["changed"] for stage in stages} == {0}
    for stage in stages:
        chance = 4 * (stage["planned"] * (100 - stage["planned"]) / SESSIONS) ** 0.5
        assert abs(stage["found"] - stage["planned"]) <= chance  # the sessions are always the same
    assert "rolled back by the server: 0.00 %" in printed
    assert found["background"].get("0", 0) == 0
    assert {"1", "2"} <= found["background"].keys()


def test_answers_beside_a_shadow_are_measured(tmp_path: Path) -> None:
    export_classifier(tmp_path / "model" / "1")
    version = tmp_path / "model" / "1"
    more = (f"--champion={version}", f"--challenger={version}", "--rounds=2", "--requests=30")
    _, found = scripts.run("traffic_shadow", tmp_path / "found.json", *more, "--load=100")
    assert {kind: one["requests"] for kind, one in found["answers"].items()} == {
        "off": 60,
        "on": 60,
    }
    assert 0 < found["compared"] <= 60
