"""Examples in storage that is no disk."""

import json
from pathlib import Path

import pytest
from tfx.types import standard_artifacts

from components.example_gen.executor import SUMMARY_FILE, Executor
from tests.components.example_gen.tables import csv_text, params_for, reviews
from tests.ram_storage import ram_uri, stored

pytestmark = pytest.mark.slow


def test_the_same_files_are_written_as_on_a_disk(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    table.write_text(csv_text(reviews(60)) + "bad row\n")
    params = params_for(table, bad_rows="reject").model_dump_json()
    written = {}
    for uri in (str(tmp_path / "examples"), f"{ram_uri(tmp_path)}/examples"):
        examples = standard_artifacts.Examples()
        examples.uri = uri
        Path(tmp_path / "examples").mkdir(exist_ok=True)
        Executor(Executor.Context()).Do({}, {"examples": [examples]}, {"data_params": params})
        written[uri] = stored(uri)

    on_disk, in_memory = written.values()
    assert json.loads(in_memory[SUMMARY_FILE])["bad_rows"] == 1
    assert in_memory == on_disk
