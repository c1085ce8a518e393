from collections.abc import Callable
from typing import Any

import pytest

from tests.notebooks.outputs import cell_with, html, printed
from tests.notebooks.rendered import Browser
from tests.notebooks.walkthrough import NODES, check_pictures

pytestmark = pytest.mark.e2e


def test_runs_are_compared(execute: Callable[[str], Any], browser: Browser) -> None:
    notebook = execute("compare_runs")
    again = html(cell_with(notebook, "pipeline.new_run()"))
    assert again.count("badge cached") == NODES + 1
    other = html(cell_with(notebook, "pipeline.configure("))
    assert other.count("badge executed") >= 2
    assert other.count("badge cached") >= 5
    parameters = html(cell_with(notebook, '"parameters")'))
    assert "train.learning_rate" in parameters
    assert "train.seed" in parameters
    assert "macro" in html(cell_with(notebook, '"metrics")')).lower()
    assert html(cell_with(notebook, '"curves")')).count("<svg") >= 1
    assert "Trainer" in html(cell_with(notebook, '"lineage")'))
    assert "serving_model" in printed(cell_with(notebook, "runs_with(runs, examples)"))
    assert "train.learning_rate" in printed(cell_with(notebook, "bert_aas} runs"))
    check_pictures(notebook, browser, "compare", count=2)
