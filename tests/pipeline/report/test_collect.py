import shutil
from datetime import datetime
from pathlib import Path

import pytest

from pipeline.metadata.records import ArtifactRecord, NodeRecord
from pipeline.report.collect import collect_report
from pipeline.report.data import ReportData
from pipeline.report.pages.report import render_report
from pipeline.report.sections import anomalies, data, evaluation, training, verdict
from tests.pipeline.report.artifacts import (
    REVIEW_TEXT,
    compiled_graph,
    config,
    records,
    run_summary,
    trainer_record,
)


@pytest.fixture
def stopped(tmp_path: Path) -> ReportData:
    """A run that stopped at Transform."""
    return collect_report(
        run_summary("Transform"), records(tmp_path), compiled_graph(), config(tmp_path)
    )


def test_the_overview_says_when_where_and_why(stopped: ReportData) -> None:
    assert stopped.run.started == datetime(2026, 1, 31, 12, 0)
    assert stopped.run.failed_node == "Transform"
    assert stopped.run.error == "the train split has no rows"


def test_rows_and_classes(stopped: ReportData) -> None:
    rows = stopped.value(data.SECTION)
    assert rows
    assert rows.classes == ("9", "10")
    assert [(split.name, split.rows, split.class_counts) for split in rows.splits] == [
        ("train", 8, (4, 4)),
        ("eval", 2, (1, 1)),
        ("test", 2, (1, 1)),
    ]
    assert rows.rejected == 3
    assert rows.splits[0].mean_text_bytes == 39


def test_columns(stopped: ReportData) -> None:
    rows = stopped.value(data.SECTION)
    assert rows
    features = {feature.name: feature for feature in rows.features}
    assert {name: feature.kind for name, feature in features.items()} == {
        "body": "text",
        "title": "text",  # nobody named it, but its values are long
        "note": "text",
        "remark": "text",
        "essay": "text",
        "stars": "category",
        "colour": "category",
        "price": "number",
    }
    assert features["colour"].missing == 0.5  # 4 + 1 + 1 of 12 rows have one
    assert features["stars"].summary == "9 50 %, 10 50 %"
    assert features["price"].summary == "1 to 20, mean 7.25"


def test_anomalies_and_which_of_them_stop(stopped: ReportData) -> None:
    section = stopped.value(anomalies.SECTION)
    assert section
    found = [(row.split, row.feature, row.stops) for row in section.found]
    assert found == [("eval", "body", False), ("eval", "price", True)]
    assert section.found[1].reason == "Expected INT, got FLOAT"


def test_no_text_of_a_review_is_in_the_report(stopped: ReportData) -> None:
    assert REVIEW_TEXT not in repr(stopped)
    assert REVIEW_TEXT[:12] not in render_report(stopped)


def test_what_is_missing_is_explained(stopped: ReportData) -> None:
    assert stopped.value(evaluation.SECTION) is None
    assert stopped.notes["training"] == (
        "Trainer did not run, because the run stopped at Transform."
    )
    assert stopped.notes["lengths"].startswith("Transform failed")
    gates = stopped.value(verdict.SECTION)
    assert gates
    assert [check.passed for check in gates.checks] == [None, None, None]
    assert gates.checks[0].reason.startswith("Evaluator did not run")
    assert gates.checks[1].reason == "The graph of this run has no InfraValidator."


def test_an_artifact_whose_folder_is_gone_becomes_a_note(tmp_path: Path) -> None:
    found = records(tmp_path)
    shutil.rmtree(tmp_path / "artifacts/StatisticsGen")
    report = collect_report(run_summary("Pusher"), found, compiled_graph(), config(tmp_path))
    assert report.notes["data"] == "The outputs of StatisticsGen no longer exist."


def test_a_damaged_artifact_becomes_a_note(tmp_path: Path) -> None:
    found = records(tmp_path)
    found["Trainer"] = trainer_record(tmp_path, "{not json")
    report = collect_report(run_summary("Pusher"), found, compiled_graph(), config(tmp_path))
    assert report.value(training.SECTION) is None
    assert (
        "`model_run` of Trainer (artifact #14) cannot be read: JSONDecodeError"
        in (report.notes["training"])
    )
    assert report.notes["evaluation"] == "The outputs of Evaluator no longer exist."


def test_a_run_without_any_record_has_a_report(tmp_path: Path) -> None:
    report = collect_report(run_summary("ExampleGen"), {}, compiled_graph(), config(tmp_path))
    assert "the train split has no rows" in report.notes["data"]
    assert "Stopped at ExampleGen" in render_report(report)


@pytest.mark.parametrize("found", [True, False])
def test_a_failed_validation_is_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: bool
) -> None:
    row = anomalies.AnomalyRow(
        "eval", "price", "UNEXPECTED_DATA_TYPE", "Expected INT, got FLOAT", True
    )
    answer = anomalies.Anomalies((row,) if found else (), ())
    monkeypatch.setattr(anomalies, "check_again", lambda *_: answer)
    made = records(tmp_path)
    schema = ArtifactRecord(3, "Schema", str(tmp_path), {})
    made["SchemaGen"] = NodeRecord("SchemaGen", "executed", {}, {"schema": [schema]})
    run = run_summary("ExampleValidator")
    report = collect_report(run, made, compiled_graph(), config(tmp_path))
    assert report.value(anomalies.SECTION) == (answer if found else None)
    assert ("repeated" in report.notes["anomalies"]) == found
    assert report.notes["anomalies"].startswith("ExampleValidator failed")


def test_the_data_section_lives_without_statistics(tmp_path: Path) -> None:
    found = records(tmp_path)
    del found["StatisticsGen"]
    report = collect_report(run_summary("StatisticsGen"), found, compiled_graph(), config(tmp_path))
    rows = report.value(data.SECTION)
    assert rows
    assert [split.rows for split in rows.splits] == [8, 2, 2]
    assert report.notes["data"].startswith("StatisticsGen failed")
    assert render_report(report)
