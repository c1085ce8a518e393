import json
import logging
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bert_aas.contracts.errors import InvalidInputError, UnavailableError
from bert_aas.contracts.model_forms import FOLDER, MANIFEST
from components.optimizer.attempt import try_to_optimize
from components.optimizer.forms.candidates import Candidate
from components.optimizer.manifest import empty_folder
from components.optimizer.params import OptimizeParams
from models.training.progress.progress_lines import PROGRESS_LOGGER
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
    assert said == [f"the run continues without a faster form of the model: {note}"]


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


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("Exception from src/inference:\n[CPU] Could not allocate 4096 bytes"),
        ImportError("libopenvino.so.2640: cannot open shared object file"),
        UnavailableError("model.xml cannot be written (iostream error)"),
    ],
    ids=["memory", "a library", "disk"],
)
@pytest.mark.parametrize("required", [False, True])
def test_a_failure_of_the_machine_is_none_of_the_model(
    error: Exception,
    required: bool,
    saved_model: Path,
    examples: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr("components.optimizer.optimizing.convert_tokens", fail)
    last = str(error).splitlines()[-1]
    with pytest.raises(UnavailableError, match="the next run tries again") as raised:
        try_to_optimize(saved_model, examples, OptimizeParams(required=required))
    assert str(raised.value).startswith(f"the Optimizer could not try to convert the model: {last}")


def test_memory_that_is_short_for_integers_is_none_of_the_model(
    saved_model: Path, examples: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("std::bad_alloc")

    form = Candidate("int8-f32", "f32", "int8.xml")
    monkeypatch.setattr("components.optimizer.optimizing.int8_candidates", lambda _: [form])
    monkeypatch.setattr("components.optimizer.optimizing.quantize_weights", fail)
    model = shutil.copytree(saved_model, tmp_path / "1")
    with pytest.raises(UnavailableError, match="bad_alloc"):
        try_to_optimize(model, examples, OptimizeParams())


def test_a_full_disk_is_none_of_the_model(
    saved_model: Path, examples: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = empty_folder

    def full(model: Path) -> Path:
        made = folder(model)
        (made / "model.bin").symlink_to("/dev/full")
        return made

    monkeypatch.setattr("components.optimizer.optimizing.empty_folder", full)
    model = shutil.copytree(saved_model, tmp_path / "1")
    with pytest.raises(UnavailableError, match=r"model\.xml cannot be written"):
        try_to_optimize(model, examples, OptimizeParams())
