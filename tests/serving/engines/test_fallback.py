"""Whatever does not fit: the answers are right, and one line of the log says what happened."""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from bert_aas.contracts import cpu
from bert_aas.contracts.model_forms import FOLDER, MANIFEST
from serving.engines.text_model import with_engine
from serving.runtime.tensors import bytes_array
from serving.servables.model import LoadedModel
from serving.servables.saved_model import load_saved_model
from tests.serving.engines.conftest import variant, write_manifest

TEXTS = bytes_array([b"fits very well", b"", b"no"])
FOREIGN = "f8e4m3"  # no CPU has it


@dataclass(frozen=True)
class Case:
    """What is changed about a good version, what runs then, and what the line says."""

    name: str
    spoil: Callable[[Path, pytest.MonkeyPatch], None]
    engine: str
    line: str


def foreign_precision(version: Path, _: pytest.MonkeyPatch) -> None:
    write_manifest(version, [variant(FOREIGN), variant("f32")])


def foreign_precision_alone(version: Path, _: pytest.MonkeyPatch) -> None:
    write_manifest(version, [variant(FOREIGN)])


def integers_without_vnni(version: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu, "has_vnni", lambda: False)
    integers = {**variant("f32"), "name": "int8-f32", "group_size": 128}
    write_manifest(version, [integers, variant("f32")])


def no_openvino(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)


def old_openvino(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", ModuleType("openvino"))  # before 2023 without Core


def newer_operations(version: Path, _: pytest.MonkeyPatch) -> None:
    """What a release sees of a model that a later one has written."""
    file = version / FOLDER / "model.xml"
    file.write_text(re.sub(r'version="opset\d+"', 'version="opset99"', file.read_text()))
    write_manifest(version, [variant("f32")])


def cut_weights(version: Path, _: pytest.MonkeyPatch) -> None:
    file = version / FOLDER / "model.bin"
    file.write_bytes(file.read_bytes()[:100])


def no_manifest(version: Path, _: pytest.MonkeyPatch) -> None:
    (version / FOLDER / MANIFEST).write_text('{"format": 1, "variants"')


CASES = [
    Case(
        "another precision",
        foreign_precision,
        "openvino f32",
        f"Model reviews version 1 runs on openvino f32: this CPU does not fit {FOREIGN}.",
    ),
    Case("no precision", foreign_precision_alone, "tensorflow", f"verified {FOREIGN} only"),
    Case("no VNNI", integers_without_vnni, "openvino f32", "this CPU does not fit int8-f32."),
    Case("no package", no_openvino, "tensorflow", "OpenVINO cannot be imported: "),
    Case("an old package", old_openvino, "tensorflow", "cannot import name 'Core'"),
    Case("a newer model", newer_operations, "tensorflow", "model.xml does not run: "),
    Case("cut weights", cut_weights, "tensorflow", "model.bin is not the file that was verified"),
    Case("a cut manifest", no_manifest, "tensorflow", "openvino is damaged (JSONDecodeError"),
]


@pytest.fixture(scope="module")
def plain(prepared: Path) -> Iterator[LoadedModel]:
    model = load_saved_model("reviews", 1, prepared)
    yield model
    model.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_answers_are_right_and_one_line_says_why(
    case: Case,
    plain: LoadedModel,
    version: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    case.spoil(version, monkeypatch)
    model = with_engine(plain, version, "auto")
    assert model.engine == case.engine
    (line,) = caplog.messages
    assert case.line in line
    answers, right = (taken.call("", {"text": TEXTS}) for taken in (model, plain))
    assert answers["label"].tolist() == right["label"].tolist()
    np.testing.assert_allclose(answers["probabilities"], right["probabilities"], atol=1e-5)
