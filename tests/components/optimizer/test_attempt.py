import json
import logging
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.optimizer.attempt import try_to_optimize
from components.optimizer.manifest import FOLDER, MANIFEST
from components.optimizer.params import OptimizeParams
from models.errors import InvalidInputError
from models.progress_lines import PROGRESS_LOGGER
from tests.components.optimizer.conftest import export_unknown, write_examples
from tests.serving.exporter import export_half_plus

REQUIRED = OptimizeParams(required=True)


@pytest.fixture
def said() -> Iterator[list[str]]:
    """What runners show to the user."""
    sentences: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: sentences.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger(PROGRESS_LOGGER)
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield sentences
    logger.removeHandler(handler)
    logger.setLevel(level)


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
    said: list[str],
) -> None:
    for name in [name for name in sys.modules if name.startswith("components.optimizer.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "openvino", None)
    model = shutil.copytree(saved_model, tmp_path / "1")
    try_to_optimize(model, examples, OptimizeParams())
    note = refusal(model)
    assert note.startswith("the model cannot be converted: import of openvino halted")
    assert said == [f"the model goes on without a faster form: {note}"]


def test_what_is_kept_is_said(
    saved_model: Path, examples: str, tmp_path: Path, said: list[str]
) -> None:
    model = shutil.copytree(saved_model, tmp_path / "1")
    try_to_optimize(model, examples, OptimizeParams(min_speedup=0))
    (line,) = said
    first = json.loads((model / FOLDER / MANIFEST).read_text())["variants"][0]
    assert line == f"the server's first choice is {first['name']}: {first['reason']}"


def test_an_operation_that_openvino_does_not_know(
    examples: str, tmp_path: Path, said: list[str]
) -> None:
    export_unknown(tmp_path / "1")
    try_to_optimize(tmp_path / "1", examples, OptimizeParams())
    assert refusal(tmp_path / "1") == (
        "the model cannot be converted: OpenVINO cannot read it: No conversion rule found for "
        "operations: Betainc"
    )
    assert len(said) == 1


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
    saved_model: Path, examples: str, tmp_path: Path, said: list[str]
) -> None:
    model = shutil.copytree(saved_model, tmp_path / "1")
    bound = REQUIRED.model_copy(update={"min_speedup": 1e9})
    with pytest.raises(InvalidInputError, match=r"but no form of the model was kept .* f32: it is"):
        try_to_optimize(model, examples, bound)
    assert [file.name for file in (model / FOLDER).iterdir()] == [MANIFEST]
    try_to_optimize(model, examples, bound.model_copy(update={"required": False}))
    assert "no form of the model was kept" in said[-1]
