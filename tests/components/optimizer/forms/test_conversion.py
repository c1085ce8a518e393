from pathlib import Path

import numpy as np
import openvino
import pytest

from bert_aas.contracts.errors import InvalidInputError
from components.optimizer.comparing.predictors import OpenVinoPredictor, SavedModelPredictor
from components.optimizer.forms.conversion import convert_tokens, save
from tests.serving.engines.tiny_classifier import expected, token_arrays
from tests.serving.exporter import export_half_plus

ROWS = ([1, 5, 9], [1], [1, 30, 2, 2, 40, 49])


def test_the_converted_model_answers_as_the_model_does(saved_model: Path, tmp_path: Path) -> None:
    save(convert_tokens(saved_model), tmp_path / "model.xml", compress=False)
    for predictor in (
        SavedModelPredictor(saved_model),
        OpenVinoPredictor(tmp_path / "model.xml", "f32"),
    ):
        np.testing.assert_allclose(predictor(token_arrays(*ROWS)), expected(*ROWS), atol=1e-5)


def test_names_and_shapes_are_those_of_the_signature(saved_model: Path) -> None:
    converted = convert_tokens(saved_model)
    inputs = {port.get_any_name(): str(port.get_partial_shape()) for port in converted.inputs}
    names = ("input_mask", "input_type_ids", "input_word_ids")
    assert inputs == dict.fromkeys(names, "[?,?]")
    assert converted.output("probabilities").get_element_type() == openvino.Type.f32


def test_compressed_weights_take_half_the_bytes(saved_model: Path, tmp_path: Path) -> None:
    converted = convert_tokens(saved_model)
    for name, compress in (("whole", False), ("half", True)):
        save(converted, tmp_path / f"{name}.xml", compress=compress)
    sizes = [(tmp_path / f"{name}.bin").stat().st_size for name in ("whole", "half")]
    assert sizes[1] < 0.7 * sizes[0]  # 156 weights; shapes and indices stay
    answers = OpenVinoPredictor(tmp_path / "half.xml", "f32")(token_arrays(*ROWS))
    np.testing.assert_allclose(answers, expected(*ROWS), atol=5e-3)


def test_a_model_without_tokens(tmp_path: Path) -> None:
    export_half_plus(tmp_path, offset=2.0)
    with pytest.raises(InvalidInputError, match="no signature 'tokens' to convert"):
        convert_tokens(tmp_path)
