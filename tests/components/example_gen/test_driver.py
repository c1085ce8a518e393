import os
from pathlib import Path
from unittest import mock

import pytest
from tfx.orchestration.portable import data_types

from bert_aas.contracts.errors import InvalidInputError
from components.example_gen.driver import ContentDriver
from tests.components.example_gen.tables import params_for


def properties(path: Path) -> dict[str, str]:
    given = {"data_params": params_for(path).model_dump_json(), "code_fingerprint": "c"}
    info = data_types.ExecutionInfo(exec_properties=given)
    output = ContentDriver(mock.create_autospec(object)).run(info)
    return {key: value.string_value for key, value in output.exec_properties.items()}


def test_the_fingerprint_joins_the_exec_properties(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x")
    found = properties(path)
    assert set(found) == {"data_params", "code_fingerprint", "content_fingerprint"}
    assert len(found["content_fingerprint"]) == 64


def test_a_touched_file_is_a_cache_hit_and_a_changed_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x")
    before = properties(path)
    os.utime(path, (1, 1))
    assert properties(path) == before
    path.write_text("y")
    assert properties(path) != before


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="no file found"):
        properties(tmp_path / "a.csv")
