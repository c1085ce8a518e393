import shutil
from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from models.params import TrainParams
from models.training.teaching.teachers import declared_teacher, is_version, resolve_teacher
from tests.models.toy_teacher import write_teacher
from tests.models.toy_training import Toy, trainer_params


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version's folder; do not change it."""
    return write_teacher(tmp_path_factory.mktemp("teacher") / "models" / "9")


def _refusal(source: Path) -> str:
    with pytest.raises(InvalidInputError) as caught:
        resolve_teacher(str(source))
    return str(caught.value)


def test_the_newest_version_is_taken(teacher: Path, tmp_path: Path) -> None:
    for version in ("9", "10"):
        shutil.copytree(teacher, tmp_path / version)
    (tmp_path / "11").mkdir()  # not there yet
    (tmp_path / "notes").mkdir()

    assert resolve_teacher(str(tmp_path)).path == f"{tmp_path}/10"
    assert resolve_teacher(str(tmp_path / "9")).path == f"{tmp_path}/9"
    assert [is_version(str(tmp_path)), is_version(str(tmp_path / "9"))] == [False, True]


def test_the_fingerprint_is_that_of_the_answers(teacher: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(teacher, tmp_path / "copy")
    (copy / "assets.extra" / "openvino").mkdir(parents=True)
    (copy / "assets.extra" / "openvino" / "manifest.json").write_text("{}")
    (copy / "fingerprint.pb").write_bytes(b"random")
    first = resolve_teacher(str(teacher)).fingerprint

    assert resolve_teacher(str(copy)).fingerprint == first
    weights = next((copy / "variables").glob("*.data*"))
    weights.write_bytes(weights.read_bytes()[::-1])
    assert resolve_teacher(str(copy)).fingerprint != first


@pytest.mark.parametrize("place", ["absent", "empty"])
def test_no_model_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "empty").mkdir()

    message = _refusal(tmp_path / place)

    assert message.startswith(
        f"train.teacher is '{tmp_path / place}', but there is no SavedModel there;"
    )


def test_a_damaged_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"\xff\xff")

    assert "whose saved_model.pb cannot be read" in _refusal(tmp_path)


def test_a_model_without_a_signature_is_refused(tmp_path: Path) -> None:
    folder = write_teacher(tmp_path / "model", without="tokens")

    assert "a SavedModel without the signature tokens; the folder of" in _refusal(folder)


def test_the_declared_teacher(teacher: Path, tmp_path: Path) -> None:
    params = trainer_params(Toy(tmp_path), tmp_path, TrainParams(teacher=str(teacher)))
    fingerprint = resolve_teacher(str(teacher)).fingerprint

    found = declared_teacher(params.model_copy(update={"teacher_fingerprint": fingerprint}))

    assert found is not None
    assert found.path == str(teacher)
    with pytest.raises(InvalidInputError, match=r"is now another model .* name the folder of"):
        declared_teacher(params.model_copy(update={"teacher_fingerprint": "0" * 64}))


def test_nobody_needs_a_teacher(tmp_path: Path) -> None:
    assert declared_teacher(trainer_params(Toy(tmp_path), tmp_path, TrainParams())) is None
