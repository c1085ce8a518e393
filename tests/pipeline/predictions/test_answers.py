"""Texts classified and explained from Python: the answers of the commands, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from pipeline.predictions.answers import explain, predict
from pipeline.predictions.pushed_model import Predictor
from tests.models.explainable import CLASSES, export_explainable

TEXTS = ["good", "not bad , ok", ""]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of versions."""
    folder = tmp_path_factory.mktemp("model")
    export_explainable(folder / "3")
    return folder


@pytest.fixture(scope="module")
def pair_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_explainable(tmp_path_factory.mktemp("pairs") / "1", pairs=True)


def test_predictions_are_the_commands(model: Path) -> None:
    wanted = Predictor(model).predict([TEXTS])
    found = predict(str(model), TEXTS)
    assert [each.label for each in found] == wanted.labels
    assert [list(each.probabilities) for each in found] == [wanted.classes] * len(TEXTS)
    for each, row in zip(found, wanted.probabilities, strict=True):
        assert list(each.probabilities.values()) == row.tolist()
        assert each.probability == each.probabilities[each.label] == max(row)


def test_explanations_go_with_the_predictions(model: Path) -> None:
    predicted = predict(model, TEXTS)
    explained = explain(model, TEXTS, steps=8)
    assert [each.predicted for each in explained] == [each.label for each in predicted]
    assert [word.text for word in explained[0].words] == ["good"]
    (other,) = explain(model, ["good"], target=CLASSES[1], steps=8)
    assert other.target == CLASSES[1]


def test_pairs(pair_model: Path) -> None:
    (predicted,) = predict(pair_model, ["good"], ["bad"])
    (explained,) = explain(pair_model, ["good"], ["bad"], steps=2)
    assert explained.probabilities == pytest.approx(predicted.probabilities, abs=1e-5)
    assert [word.segment for word in explained.words] == [0, 1]


def test_no_texts_have_no_answers(model: Path) -> None:
    assert predict(model, []) == []
    assert explain(model, []) == []


@pytest.mark.parametrize("ask", [predict, explain])
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"texts": "good"}, "texts is one text; give a list of texts"),
        ({"texts": ["good"], "text_pairs": "bad"}, "text_pairs is one text; give a list"),
        ({"texts": ["good", "\udcff"]}, "texts 2 is not UTF-8"),
        ({"texts": ["good"], "text_pairs": []}, "there are 1 texts and 0 second texts"),
        (
            {"texts": ["good"], "text_pairs": ["bad"]},
            "the model classifies single texts, not pairs",
        ),
        ({"texts": ["good"], "model_dir": "~/nowhere"}, "/nowhere holds no SavedModel"),
    ],
)
def test_what_is_refused(
    model: Path, ask: Callable[..., object], given: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        ask(**{"model_dir": model, **given})


def test_a_model_of_pairs_wants_pairs(pair_model: Path) -> None:
    with pytest.raises(InvalidInputError, match="the model classifies pairs of texts"):
        predict(pair_model, ["good"])
    with pytest.raises(InvalidInputError, match="the model classifies pairs of texts"):
        explain(pair_model, ["good"])


def test_numbers_out_of_range(model: Path) -> None:
    with pytest.raises(InvalidInputError, match="batch_size is 0; give at least 1"):
        predict(model, TEXTS, batch_size=0)
    with pytest.raises(InvalidInputError, match="steps is 0; give at least 1"):
        explain(model, TEXTS, steps=0)
