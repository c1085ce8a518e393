"""The benchmarks run from a fresh clone; their figures are nobody's business here.

What needs `.venv-bench` is in them where that has been built, and left out with a line elsewhere.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.e2e


def run(module: str, output: Path, *more: str) -> "tuple[str, dict[str, object]]":
    """Run a benchmark in its short mode; return what it prints and writes."""
    command = [sys.executable, "-W", "ignore", "-m", f"benchmarks.{module}", "--short"]
    command += ["--json", str(output), *more]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(output.read_text())


def test_the_ladder_without_the_baselines(tmp_path: Path) -> None:
    absent = f"--baseline-python={tmp_path / 'absent'}"

    printed, found = run("serving_ladder", tmp_path / "found.json", absent)

    assert "left out: Flask + PyTorch (no .venv-bench" in printed
    corpora = found["ladders"]["tiny"]["corpora"]  # type: ignore[index]
    assert list(corpora) == ["short sentences", "60-word reviews"]
    for figures in corpora.values():
        assert [*figures][:2] == ["SavedModel, padded to 128", "dynamic shape"]
        assert [*figures][-1] == "batching"
        assert all(each["texts_per_s"]["median"] > 0 for each in figures.values())


def test_the_engines(tmp_path: Path) -> None:
    _, found = run("engines", tmp_path / "found.json")

    assert list(found["ms"]) == ["1x8", "2x8"]  # type: ignore[call-overload]
    assert found["differences"]["TensorFlow SavedModel"] == 0  # type: ignore[index]


def test_the_tokenizers_agree_and_are_timed(tmp_path: Path) -> None:
    printed, found = run("tokenizer_speed", tmp_path / "found.json")

    assert "ours, tokens/s" in printed
    for rows in found["corpora"].values():  # type: ignore[attr-defined]
        assert [row["batch"] for row in rows] == [32]
        assert all(row["ratio"] > 0 for row in rows)
