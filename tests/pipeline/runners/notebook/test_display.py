"""What a cell shows while nodes run, in a real kernel where the output is looked at."""

import logging
import sys
import warnings
from pathlib import Path

import pytest

from models.training.progress.progress_lines import PROGRESS_LOGGER
from pipeline.nodes.node import NodeResult
from pipeline.runners.notebook.display import CellProgress, libraries_to_log
from tests.notebooks.cells import run_cells

pytestmark = pytest.mark.slow  # TFX takes many seconds to import


def test_a_line_per_node() -> None:
    progress = CellProgress(["ExampleGen", "Trainer", "Pusher"])
    progress.start("ExampleGen")
    progress.finish(NodeResult("ExampleGen", "cached", 0.4))
    progress.start("Trainer")
    with progress.shown():
        logging.getLogger(PROGRESS_LOGGER).info("step %d", 3)
    logging.getLogger(PROGRESS_LOGGER).info("too late")
    assert progress.lines() == [
        ("cached", "↺ ExampleGen        cached    0 s"),
        ("running", "▸ Trainer           running   0 s  step 3"),
        ("waiting", "· Pusher"),
    ]


def test_what_libraries_print_and_log_goes_to_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stubborn = logging.getLogger("tests.stubborn")
    handler = logging.StreamHandler(sys.stdout)
    stubborn.addHandler(handler)
    stubborn.propagate = False
    with libraries_to_log(tmp_path / "new" / "run.log"):
        sys.stdout.write("printed")
        stubborn.warning("logged")
        logging.getLogger("tests.quiet").info("more")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            logging.captureWarnings(capture=True)  # pytest shows warnings in its own way
            warnings.warn("warned", stacklevel=1)
    text = (tmp_path / "new" / "run.log").read_text()
    assert all(word in text for word in ("printed", "logged", "more", "warned"))
    assert capsys.readouterr() == ("", "")
    assert stubborn.handlers == [handler]
    assert not stubborn.propagate
    stubborn.removeHandler(handler)


def test_a_handler_made_inside_still_works_afterwards(tmp_path: Path) -> None:
    late = logging.getLogger("tests.late")
    with libraries_to_log(tmp_path / "run.log"):
        handler = logging.StreamHandler(sys.stdout)
        late.addHandler(handler)
    late.warning("after")  # a closed file would raise here, as warnings are errors
    late.removeHandler(handler)
    assert "after" not in (tmp_path / "run.log").read_text()


def test_a_cell_shows_progress_in_place_and_nothing_else(tmp_path: Path) -> None:
    cells = run_cells(
        """
        from pathlib import Path
        from IPython.display import Javascript, display
        from pipeline.nodes.node import NodeResult
        from pipeline.runners.notebook.display import CellProgress, libraries_to_log, shown_while
        """,
        f"""
        progress = CellProgress(["ExampleGen"])
        with progress.shown(), libraries_to_log(Path({str(tmp_path)!r}, "run.log")):
            progress.start("ExampleGen")
            print("a library prints")
            display(Javascript("a library's script"))
            progress.finish(NodeResult("ExampleGen", "executed", 2))
        print("mine")
        """,
        """
        with shown_while("loading"):
            pass
        """,
    )
    shown, mine = cells[1].outputs
    assert shown["data"]["text/plain"] == "✓ ExampleGen        executed  2 s"
    assert "executed" in shown["data"]["text/html"]
    assert mine["text"] == "mine\n"
    assert "a library prints" in (tmp_path / "run.log").read_text()
    assert [output["data"]["text/plain"] for output in cells[2].outputs] == [""]
