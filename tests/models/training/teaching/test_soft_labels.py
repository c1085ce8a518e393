import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bert_aas.contracts.errors import InvalidInputError
from models.params import DistillationParams, FeatureNames, TrainerParams, TrainParams
from models.training.batching import TEACHER
from models.training.fitting import TrainingData, fit, load_data
from models.training.progress.progress_lines import PROGRESS_LOGGER
from models.training.teaching.soft_labels import SOFT_LABELS_FILE, with_teacher
from models.training.teaching.teachers import resolve_teacher
from tests.models.toy_teacher import SURE, write_teacher
from tests.models.toy_training import (
    LABELS,
    Row,
    Toy,
    shared_toy,
    toy_rows,
    trainer_params,
    write_rows,
)
from tests.tiny_encoder import VOCAB

CLASSES = [label.encode() for label in LABELS]
LOGS = np.log([SURE, 1 - SURE])


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    return shared_toy(tmp_path_factory)


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_teacher(tmp_path_factory.mktemp("soft") / "teacher")


def _params(toy: Toy, teacher: Path, **train: Any) -> TrainerParams:
    params = trainer_params(toy, Path("unused"), TrainParams(teacher=str(teacher), **train))
    fingerprint = resolve_teacher(str(teacher)).fingerprint
    return params.model_copy(update={"teacher_fingerprint": fingerprint})


def _asked(
    toy: Toy, teacher: Path, folder: Path, classes: Sequence[bytes] = CLASSES
) -> TrainingData:
    return with_teacher(toy.data(), _params(toy, teacher), classes, str(folder))


def _scores(data: TrainingData) -> list[tuple[list[float], int]]:
    return [(row[TEACHER].numpy().tolist(), int(label)) for row, label in data.train]


def test_each_row_has_what_the_teacher_thinks_of_it(
    toy: Toy, teacher: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, PROGRESS_LOGGER):
        data = _asked(toy, teacher, tmp_path)

    for scores, label in _scores(data):
        np.testing.assert_allclose(scores, LOGS[::-1] if label else LOGS, rtol=1e-5)
    assert caplog.messages[-1] == "asking the teacher · row 40/40"
    assert TEACHER not in data.evaluation.element_spec[0]


def test_the_teacher_may_count_its_classes_in_another_order(
    toy: Toy, teacher: Path, tmp_path: Path
) -> None:
    other = write_teacher(tmp_path / "teacher", LABELS[::-1])

    ours = _scores(_asked(toy, teacher, tmp_path / "a"))

    assert _scores(_asked(toy, other, tmp_path / "b")) == ours


def test_a_killed_training_does_not_ask_again(
    toy: Toy, teacher: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _scores(_asked(toy, teacher, tmp_path))
    monkeypatch.setattr(tf.saved_model, "load", pytest.fail)

    assert _scores(_asked(toy, teacher, tmp_path)) == first
    assert [path.name for path in tmp_path.iterdir()] == [SOFT_LABELS_FILE]


def test_without_a_teacher_the_data_is_as_it_was(toy: Toy, tmp_path: Path) -> None:
    data = toy.data()
    params = trainer_params(toy, tmp_path, TrainParams())

    assert with_teacher(data, params, CLASSES, str(tmp_path / "none")) is data
    assert not (tmp_path / "none").exists()


def test_a_teacher_of_other_classes_is_refused(toy: Toy, teacher: Path, tmp_path: Path) -> None:
    with pytest.raises(
        InvalidInputError,
        match="five stars, one star; it must have those of the data: no, one star",
    ):
        _asked(toy, teacher, tmp_path, [b"one star", b"no"])


def test_a_teacher_with_another_vocabulary_is_refused(toy: Toy, tmp_path: Path) -> None:
    # The same number of pieces, two of them in each other's place.
    vocab = [*VOCAB[:-1], "##ung"]
    other = write_teacher(tmp_path / "teacher", vocab=vocab[:5] + vocab[6:] + vocab[5:6])

    with pytest.raises(InvalidInputError, match="must have the same vocabulary"):
        _asked(toy, other, tmp_path)


def test_a_teacher_of_single_texts_is_none_for_pairs(
    toy: Toy, teacher: Path, tmp_path: Path
) -> None:
    names = FeatureNames(text="review", text_pair="title", label="stars")
    params = _params(toy, teacher).model_copy(update={"features": names})

    with pytest.raises(InvalidInputError, match="a classifier of single texts; the data has pairs"):
        with_teacher(toy.data(), params, CLASSES, str(tmp_path))


def test_rows_that_the_teacher_cannot_read_are_refused(
    toy: Toy, teacher: Path, tmp_path: Path
) -> None:
    train = write_rows(tmp_path / "train.gz", [Row([2, *[40] * 29, 3], 0)])
    data = load_data([train], [str(toy.folder / "eval*")], 2)

    with pytest.raises(
        InvalidInputError, match=r"cannot read rows of 31 tokens; a lower transform"
    ):
        with_teacher(data, _params(toy, teacher), CLASSES, str(tmp_path))


@pytest.mark.slow
def test_a_student_learns_what_the_labels_do_not_tell(
    toy: Toy, teacher: Path, tmp_path: Path
) -> None:
    # All labels of the training split are wrong; the evaluation split's are right.
    train = write_rows(tmp_path / "train.gz", toy_rows(160, seed=1, flipped=True))
    data = load_data([train], [str(toy.folder / "eval*")], 2)
    settings = {"epochs": 4, "batch_size": 16, "learning_rate": 1e-2, "dropout": 0.0}
    params = _params(
        toy, teacher, **settings, class_weights="balanced", distillation=DistillationParams(alpha=1)
    )

    data = with_teacher(data, params, CLASSES, str(tmp_path))
    _, state = fit(toy.request(params.train, tmp_path / "checkpoints"), data, 2)

    assert state.history[-1]["val_accuracy"] > 0.9
    assert state.history[-1]["accuracy"] < 0.1
