"""The drawings of docs/architecture.md are those of the code."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools import structure

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / structure.PAGE


def test_the_page_shows_the_structure_of_today() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert structure.BEGIN in text
    assert structure.with_drawings(text, ROOT) == text, "run python3 tools/structure.py --write"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A package of three rooms: top imports middle and ground, middle imports ground."""
    for package in structure.PACKAGES:
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    for name, content in {
        "top": "import pipeline.ground\nfrom pipeline.middle import work",
        "middle": "def work():\n    from pipeline import ground",
        "ground": "",
    }.items():
        (tmp_path / "pipeline" / f"{name}.py").write_text(content)
    return tmp_path


def test_an_arrow_that_follows_from_others_is_left_out(tree: Path) -> None:
    pairs = structure.edges(tree, "pipeline")
    assert pairs == {("top", "middle"), ("top", "ground"), ("middle", "ground")}
    assert structure.reduced(pairs) == {("top", "middle"), ("middle", "ground")}


def test_a_circle_is_refused(tree: Path) -> None:
    (tree / "pipeline" / "ground.py").write_text("import pipeline.top")
    command = [sys.executable, str(ROOT / "tools" / "structure.py"), str(tree)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "is in a circle of imports" in ended.stderr
