"""What the notebooks are like in the repository."""

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ADDRESS = re.compile(r"(?:research\.google\.com/github|github\.com)/([\w.-]+/[\w-]+)")
LONGEST_CELL = 30


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def test_there_are_three() -> None:
    assert [path.stem for path in NOTEBOOKS] == [
        "bert_from_huggingface",
        "bert_from_tfhub",
        "compare_runs",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_stripped(path: Path) -> None:
    nbformat.validate(read(path))
    for cell in json.loads(path.read_text())["cells"]:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_cells_are_short_and_define_nothing(path: Path) -> None:
    for cell in read(path).cells:
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= LONGEST_CELL
            assert not re.search(r"^(def|class) ", cell.source, re.MULTILINE)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_opens_in_colab_and_sets_itself_up_there(path: Path) -> None:
    title, setup = read(path).cells[:2]
    link = (
        f"https://colab.research.google.com/github/{repository()}/blob/main/notebooks/{path.name}"
    )
    assert f"]({link})" in title.source
    assert link in (ROOT / "README.md").read_text()
    assert f"https://github.com/{repository()}.git" in setup.source
    assert "set_up(" in setup.source


def repository() -> str:
    """The one address that all notebooks and the README name."""
    texts = [path.read_text() for path in (*NOTEBOOKS, ROOT / "README.md")]
    named = {owner_and_name for text in texts for owner_and_name in ADDRESS.findall(text)}
    assert len(named) == 1, named
    return str(named.pop())
