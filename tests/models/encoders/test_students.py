import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_hub as hub

from bert_aas.contracts.errors import InvalidInputError
from models.encoders.students import cut_encoder, kept_layers
from tests.tiny_encoder import VOCAB

INPUTS = {
    "input_word_ids": tf.constant([[2, 5, 6, 3], [2, 7, 3, 0]]),
    "input_mask": tf.constant([[1, 1, 1, 1], [1, 1, 1, 0]]),
    "input_type_ids": tf.zeros([2, 4], tf.int32),
}


@pytest.mark.parametrize(
    ("available", "wanted", "kept"),
    [(12, 6, [0, 2, 4, 7, 9, 11]), (6, 3, [0, 2, 5]), (6, 2, [0, 5]), (6, 1, [0])],
)
def test_kept_layers_are_spread_evenly(available: int, wanted: int, kept: list[int]) -> None:
    assert kept_layers(available, wanted) == kept


def test_the_student_computes_what_the_kept_layer_does(tiny_encoder: Path, tmp_path: Path) -> None:
    kept = cut_encoder(str(tiny_encoder), 1, tmp_path / "student", tmp_path)

    source = hub.load(str(tiny_encoder))(INPUTS, training=False)
    student = hub.load(str(tmp_path / "student"))
    answers = student(INPUTS, training=False)
    assert kept == [0]
    np.testing.assert_allclose(answers["sequence_output"], source["encoder_outputs"][0], atol=1e-6)
    assert len(answers["encoder_outputs"]) == 1
    assert Path(student.vocab_file.asset_path.numpy().decode()).read_text().split() == VOCAB
    assert student.do_lower_case.numpy()


def test_weights_of_later_layers_move_up(
    tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.encoders.students.kept_layers", lambda available, wanted: [1])

    cut_encoder(str(tiny_encoder), 1, tmp_path / "student", tmp_path)

    def named(path: Path) -> dict[str, tf.Variable]:
        return {variable.name: variable for variable in hub.load(str(path)).variables}

    source, student = named(tiny_encoder), named(tmp_path / "student")
    assert {name for name in source if "layer_1" not in name} == set(student)
    for name, value in student.items():
        theirs = source[name.replace("layer_0", "layer_1")]
        np.testing.assert_array_equal(value, theirs, err_msg=name)


def test_a_student_has_fewer_layers(tiny_encoder: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"has 2 layers; .* at most 1, not 2"):
        cut_encoder(str(tiny_encoder), 2, tmp_path / "student", tmp_path)


def test_a_module_that_does_not_tell_its_shape_is_refused(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(tiny_encoder, tmp_path / "copy")
    (copy / "assets" / "config.json").unlink()

    with pytest.raises(InvalidInputError, match=f"The encoder {copy} does not say how its layers"):
        cut_encoder(str(copy), 1, tmp_path / "student", tmp_path)


def test_nothing_is_overwritten(tiny_encoder: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="exists already; give a new folder"):
        cut_encoder(str(tiny_encoder), 1, tiny_encoder, tmp_path)
