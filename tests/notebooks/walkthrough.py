"""What both walkthroughs must have shown once they have run."""

import re
from typing import Any

from tests.notebooks.outputs import cell_with, html, printed, stray
from tests.notebooks.rendered import Browser

NODES = 14  # without the FeatureWriter, which no cell runs
SHOWN_MISTAKES = 6
_PAPER_AND_MARKS = 2


def check_data(notebook: Any, planted_kind: str) -> None:
    """Rows, figures, schema, and the planted anomalies."""
    assert len(printed(cell_with(notebook, "read_rows(")).splitlines()) == 3
    prepared = html(cell_with(notebook, 'pipeline.show("preparation")'))
    assert "equal text" in prepared
    assert "runs of blanks" in prepared
    data = html(cell_with(notebook, 'pipeline.show("data")'))
    assert "Class shares" in data
    assert "product_category" in html(cell_with(notebook, 'pipeline.show("schema")'))
    assert "no anomalies" in html(cell_with(notebook, 'pipeline.show("anomalies")'))
    shown = [c for c in notebook.cells if c.source == 'pipeline.show("bias")']
    labels, model = map(html, shown)
    assert "product_category" in labels
    assert "ModelBiasDetector did not run" in labels
    assert "rows of the test split" in model
    assert "SCHEMA_MISSING_COLUMN" in printed(cell_with(notebook, "except NotebookError"))
    planted = html(cell_with(notebook, 'tomorrow.show("anomalies")'))
    assert planted.count(planted_kind) == 3
    assert "stops" in planted


def check_model(notebook: Any) -> float:
    """Tokens, training, evaluation, texts; returns the accuracy."""
    assert "[CLS]" in html(cell_with(notebook, "show_tokens(pipeline"))
    assert html(cell_with(notebook, 'pipeline.show("training")')).count("<svg") == 2
    assert "the reference" in html(cell_with(notebook, 'pipeline.show("optimizer")'))
    evaluation = html(cell_with(notebook, 'pipeline.show("evaluation")'))
    for title in ("Confusion matrix", "Calibration", "By product_category"):
        assert title in evaluation
    verdicts = [c for c in notebook.cells if c.source == 'pipeline.show("verdict")']
    before, after = map(html, verdicts)
    assert "InfraValidator did not run" in before
    assert "pushed to" in after
    mistakes = html(cell_with(notebook, "show_mistakes(pipeline"))
    assert mistakes.count('class="review"') == SHOWN_MISTAKES
    words = html(cell_with(notebook, "show_contributions(pipeline"))
    assert re.search(r'class="(for|against)" style="--strength: [1-9]\d*%" title="\w+: .\d', words)
    found = re.search(r"accuracy (0\.\d+|1\.0+) reaches", after)
    assert found
    return float(found[1])


def check_serving(notebook: Any, rows: int) -> None:
    """The same answers over REST and gRPC, and everything from the cache on the command line."""
    over_rest = printed(cell_with(notebook, "requests.post"))
    assert len(over_rest.splitlines()) == rows
    assert printed(cell_with(notebook, "server.grpc()")) == over_rest
    command = printed(cell_with(notebook, "pipeline.command()"))
    assert len(re.findall(r"^\w+ +cached ", command, re.MULTILINE)) >= NODES - 2, command
    assert "bert-aas serve" in command


def check_pictures(notebook: Any, browser: Browser, name: str, count: int) -> None:
    """Every chart is drawn, without scripts and network; nothing else was printed."""
    assert not stray(notebook)
    browser.open(notebook, name)
    charts = browser.charts()
    assert len(charts) >= count
    browser.hide_all_but_marks()
    assert [chart for chart in charts if browser.colours(chart) < _PAPER_AND_MARKS] == []
