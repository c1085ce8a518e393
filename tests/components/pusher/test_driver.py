"""A removed version counts as lost, so that it is pushed again."""

from pathlib import Path
from typing import Any

import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from components.pusher.driver import count_lost
from components.pusher.params import PUSHED_DESTINATION, PUSHED_MODEL_URI

pytestmark = pytest.mark.slow  # TFX takes many seconds to import


def push(model_uri: str, destination: Path | str) -> Any:
    artifact = mlmd.Artifact()
    artifact.custom_properties[PUSHED_MODEL_URI].string_value = model_uri
    artifact.custom_properties[PUSHED_DESTINATION].string_value = str(destination)
    return artifact.custom_properties


def test_only_removed_versions_of_the_model_count(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    pushes = [
        push("/models/a", tmp_path / "1"),
        push("/models/a", tmp_path / "2"),
        push("/models/b", tmp_path / "3"),
    ]

    assert count_lost(pushes, "/models/a") == 1


def test_a_model_that_was_not_pushed_is_not_lost() -> None:
    assert count_lost([mlmd.Artifact().custom_properties], "/models/a") == 0
