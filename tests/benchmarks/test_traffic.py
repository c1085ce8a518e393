"""The simulations of traffic run; their figures are in the documentation."""

from pathlib import Path

import pytest

from tests.benchmarks import scripts

pytestmark = pytest.mark.slow


def test_verdicts(tmp_path: Path) -> None:
    printed, found = scripts.run("traffic_verdicts", tmp_path / "found.json", "--short")

    assert "fixed sample" in printed
    assert found["alarms"][0].keys() == {"rate", "share", "ours", "asymptotic", "fixed sample"}
    assert 0 < found["times"][0]["median"] < 1000


def test_bandit(tmp_path: Path) -> None:
    _, found = scripts.run("traffic_bandit", tmp_path / "found.json", "--short")

    policies = ["bandit", "bandit that forgets nothing", "A/B", "equal shares"]
    assert [row["policy"] for row in found["stories"]] == policies
    assert [row["policy"] for row in found["replay"]] == policies
