"""The report of a run whose artifacts lie in storage that is no disk."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.metadata.records import NodeRecord
from pipeline.report.collect import collect_report
from pipeline.report.reading.lengths import read_lengths
from pipeline.report.sections import anomalies, data, lineage
from pipeline.report.sections.training import read_training
from pipeline.report.sections.tuner import TRIALS_FILE, read_trials
from tests.pipeline.report.artifacts import (
    compiled_graph,
    config,
    records,
    run_summary,
)
from tests.pipeline.report.reading.test_lengths import write_rows
from tests.ram_storage import ram_uri, upload

pytestmark = pytest.mark.slow  # TFX's file systems are imported


def moved(found: dict[str, NodeRecord], source: str, target: str) -> dict[str, NodeRecord]:
    """Give the artifacts of some nodes other addresses."""
    return {
        name: replace(
            record,
            outputs={
                key: [replace(made, uri=made.uri.replace(source, target)) for made in listed]
                for key, listed in record.outputs.items()
            },
        )
        for name, record in found.items()
    }


def test_rows_statistics_anomalies_and_lineage_are_the_same(tmp_path: Path) -> None:
    local = records(tmp_path)
    (tmp_path / "artifacts/ExampleGen/examples/1/summary.json").write_text("{}")
    storage = upload(tmp_path, ram_uri(tmp_path))
    stored = moved(local, str(tmp_path), storage)
    settings = config(tmp_path).model_copy(update={"output_dir": storage})

    expected = collect_report(run_summary("Transform"), local, compiled_graph(), config(tmp_path))
    found = collect_report(run_summary("Transform"), stored, compiled_graph(), settings)

    for name in (data.SECTION.name, anomalies.SECTION.name):
        assert expected.sections[name]
        assert found.sections[name] == expected.sections[name]
    ours, theirs = expected.value(lineage.SECTION), found.value(lineage.SECTION)
    assert ours
    assert theirs
    assert theirs.nodes == ours.nodes


def test_lengths_are_read(tmp_path: Path) -> None:
    write_rows(tmp_path, [3, 5])

    assert read_lengths(upload(tmp_path, ram_uri(tmp_path)), 8) == read_lengths(str(tmp_path), 8)


def test_history_and_trials_are_read(tmp_path: Path) -> None:
    (tmp_path / "history.json").write_text('{"epochs": [{"epoch": 1}], "hyperparameters": {}}')
    (tmp_path / TRIALS_FILE).write_text('[{"score": 0.5, "grüße": 1}]', encoding="utf-8")
    storage = upload(tmp_path, ram_uri(tmp_path))

    assert read_training(storage, "accuracy").hyperparameters == {}
    assert read_trials(storage).trials == ({"score": 0.5, "grüße": 1},)
