import json
from pathlib import Path

import pytest
from tfx.types import standard_artifacts

from components.optimizer.executor import Executor
from components.optimizer.params import OptimizeParams
from tests.components.optimizer.conftest import write_examples

pytestmark = pytest.mark.slow  # TFX takes many seconds to import

SERVING = "Format-Serving"


def test_the_model_comes_out_whole_with_its_variant(saved_model: Path, tmp_path: Path) -> None:
    trained, made = standard_artifacts.Model(), standard_artifacts.Model()
    trained.uri, made.uri = str(tmp_path / "trained"), str(tmp_path / "made")
    (tmp_path / "trained").mkdir()
    (tmp_path / "trained" / SERVING).symlink_to(saved_model)
    examples = standard_artifacts.Examples()
    examples.uri = str(tmp_path / "examples")
    examples.split_names = json.dumps(["train", "eval"])
    trained.set_string_custom_property("tfx_version", "1.16.0")
    examples.set_string_custom_property("tfx_version", "1.16.0")
    write_examples(tmp_path / "examples" / "Split-eval", [[1, 2], [1, 3, 4]], [0, 1])

    Executor().Do(
        {"trained_model": [trained], "examples": [examples]},
        {"model": [made]},
        {"optimize_params": OptimizeParams(min_speedup=0).model_dump_json()},
    )

    def content(folder: Path) -> dict[str, bytes]:
        files = (file for file in folder.rglob("*") if file.is_file())
        return {str(file.relative_to(folder)): file.read_bytes() for file in files}

    before, after = content(saved_model), content(tmp_path / "made" / SERVING)
    assert before.items() <= after.items()
    names = {Path(name).name for name in after.keys() - before.keys()}
    assert names - {"int8.bin", "int8.xml"} == {"manifest.json", "model.bin", "model.xml"}
