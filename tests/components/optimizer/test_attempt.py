import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from components.optimizer.attempt import try_to_optimize
from components.optimizer.manifest import FOLDER, MANIFEST
from components.optimizer.params import OptimizeParams
from models.errors import InvalidInputError
from tests.components.optimizer.conftest import export_unknown, write_examples
from tests.serving.exporter import export_half_plus

REQUIRED = OptimizeParams(required=True)


@pytest.fixture
def examples(tmp_path: Path) -> str:
    return f"{write_examples(tmp_path / 'eval', [[1, 2], [1, 3, 4]], [0, 1])}/*"


def refusal(model: Path) -> Any:
    assert [file.name for file in (model / FOLDER).iterdir()] == [MANIFEST]
    content = json.loads((model / FOLDER / MANIFEST).read_text())
    assert (content["variants"], content["files"]) == ([], {})
    return content["note"]


def test_without_openvino_the_model_goes_on(
    saved_model: Path,
    examples: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name in [name for name in sys.modules if name.startswith("components.optimizer.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "openvino", None)
    model = shutil.copytree(saved_model, tmp_path / "1")
    try_to_optimize(model, examples, OptimizeParams())
    note = refusal(model)
    assert note.startswith("the model cannot be converted: import of openvino halted")
    assert caplog.messages == [f"The model goes on without a faster form: {note}"]


def test_an_operation_that_openvino_does_not_know(
    examples: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    export_unknown(tmp_path / "1")
    try_to_optimize(tmp_path / "1", examples, OptimizeParams())
    assert refusal(tmp_path / "1") == (
        "the model cannot be converted: OpenVINO cannot read it: No conversion rule found for "
        "operations: Betainc"
    )
    assert len(caplog.messages) == 1


def test_a_model_without_tokens(examples: str, tmp_path: Path) -> None:
    export_half_plus(tmp_path / "1", offset=2.0)
    try_to_optimize(tmp_path / "1", examples, OptimizeParams())
    assert "no signature 'tokens' to convert" in refusal(tmp_path / "1")


def test_a_model_that_must_be_converted(examples: str, tmp_path: Path) -> None:
    export_half_plus(tmp_path / "1", offset=2.0)
    message = "`optimize.required` is true, but the model cannot be converted: the model has no"
    with pytest.raises(InvalidInputError, match=message):
        try_to_optimize(tmp_path / "1", examples, REQUIRED)


def test_a_faster_form_that_must_be_there(
    saved_model: Path, examples: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = shutil.copytree(saved_model, tmp_path / "1")
    bound = REQUIRED.model_copy(update={"min_speedup": 1e9})
    with pytest.raises(InvalidInputError, match=r"but no form of the model was kept .* f32: it is"):
        try_to_optimize(model, examples, bound)
    assert [file.name for file in (model / FOLDER).iterdir()] == [MANIFEST]
    try_to_optimize(model, examples, bound.model_copy(update={"required": False}))
    assert "no form of the model was kept" in caplog.messages[-1]
