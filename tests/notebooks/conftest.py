from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.notebooks.cells import run_notebook
from tests.notebooks.rendered import Browser, open_browser

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def execute(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """Run a notebook of the project from a clean kernel, where no earlier run left anything."""

    def run(name: str) -> Any:
        project = tmp_path_factory.mktemp("project")
        (project / "notebooks").mkdir()
        for part in ("configs", "data"):
            (project / part).symlink_to(ROOT / part)
        notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
        return run_notebook(notebook, project / "notebooks")

    return run


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, without a network."""
    with open_browser(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened
