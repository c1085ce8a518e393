"""Processes that are killed at any moment lose no decision and write none twice."""

import json
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

pytestmark = pytest.mark.slow  # MLflow takes seconds to import and to open

TRIALS = 4  # 50 were run by hand: see the docstring of the module


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("crashes")
    command = [sys.executable, "-m", "tests.bert_aas.registry.crash_trials", str(folder)]
    done = subprocess.run([*command, str(TRIALS)], check=True, capture_output=True, text=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_processes_were_killed_at_their_work(found: dict[str, Any]) -> None:
    assert found["killed"] > 0


def test_every_model_is_registered_once(found: dict[str, Any]) -> None:
    trials = Counter(name for name in found["runs"] if name.startswith("trial"))
    assert trials == {f"trial {number}": 1 for number in range(TRIALS + 1)}
    assert set(Counter(found["runs"]).values()) == {1}


def test_every_decision_is_there_once(found: dict[str, Any]) -> None:
    counted = Counter(found["reasons"])
    assert {f"approve {number}" for number in range(TRIALS + 1)} <= set(counted)
    assert {f"reject {number}" for number in found["others"]} <= set(counted)
    assert set(counted.values()) == {1}


def test_every_deployment_is_there_once_and_so_is_its_folder(found: dict[str, Any]) -> None:
    assert Counter(found["deployed"]) == {f"deploy {number}": 1 for number in range(TRIALS + 1)}
    assert found["folders"] == TRIALS + 1


def test_nothing_is_left_unfinished(found: dict[str, Any]) -> None:
    assert found["left"] == []
    assert found["unlike"] == []
