from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft

from bert_aas.contracts.errors import InvalidInputError
from models.attribution.attributed import Attribution, Word
from models.attribution.attribution import Explainer, _Path
from models.attribution.token_model import TokenRow, batches
from models.attribution.words import merge_pieces
from models.export.signatures import export_model
from models.params import FeatureNames
from models.text.spelling import WordPieceSpelling
from models.training.classifier import build_classifier
from tests.models.explainable import CLASSES, MAX_SEQ_LENGTH, export_explainable
from tests.models.toy_training import LABELS, build_still_encoder, transform_graph
from tests.tiny_encoder import VOCAB

pytestmark = pytest.mark.slow

MASK = VOCAB.index("[MASK]")
TEXT = "good shirt fits"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_explainable(tmp_path_factory.mktemp("single") / "1")


@pytest.fixture(scope="module")
def explainer(folder: Path) -> Explainer:
    return Explainer(str(folder))


@pytest.fixture(scope="module")
def pair_explainer(tmp_path_factory: pytest.TempPathFactory) -> Explainer:
    return Explainer(str(export_explainable(tmp_path_factory.mktemp("pairs") / "1", pairs=True)))


def probability(model: tf.Module, ids: list[int], place: int) -> float:
    """Ask a loaded model for one class of one row."""
    row = tf.constant([ids])
    answer = model.signatures["tokens"](
        input_word_ids=row, input_mask=tf.ones_like(row), input_type_ids=tf.zeros_like(row)
    )
    return float(answer["probabilities"][0, place])


def finite_differences(folder: Path, ids: list[int], place: int) -> list[float]:
    """Integrate by the midpoint rule, the derivatives from differences, all words distinct."""
    model = tf.saved_model.load(str(folder))
    (table,) = [v for v in model.signatures["tokens"].variables if "word_emb" in v.name]
    inner = ids[1:-1]
    end = table.numpy()[inner]
    steps = end - table.numpy()[MASK]
    points, half = 40, 0.02
    scores = np.zeros(len(inner))

    def at(embeddings: np.ndarray[Any, Any]) -> float:
        table.scatter_update(tf.IndexedSlices(embeddings.astype(np.float32), inner))
        return probability(model, ids, place)

    for share in (np.arange(points) + 0.5) / points:
        for row in range(len(inner)):
            moved = np.zeros_like(end)
            moved[row] = half * steps[row]
            here = end - (1 - share) * steps
            scores[row] += (at(here + moved) - at(here - moved)) / (2 * half) / points
    return [0.0, *scores, 0.0]


def test_scores_are_those_of_finite_differences(explainer: Explainer, folder: Path) -> None:
    (found,) = explainer.explain([TEXT], target="10")

    ids = [VOCAB.index(piece) for piece in ("[CLS]", *TEXT.split(), "[SEP]")]
    expected = finite_differences(folder, ids, CLASSES.index("10"))
    assert found.pieces == ("[CLS]", "good", "shirt", "fits", "[SEP]")
    assert max(map(abs, expected)) > 0.02
    np.testing.assert_allclose(found.scores, expected, atol=5e-4)


def test_scores_add_up_to_the_change_of_the_probability(explainer: Explainer, folder: Path) -> None:
    text = "the movie is not very good, and hated!"
    (found,) = explainer.explain([text])

    model = tf.saved_model.load(str(folder))
    answer = model.signatures["serving_default"](text=tf.constant([text]))
    expected = dict(zip(CLASSES, answer["probabilities"].numpy()[0].tolist(), strict=True))
    ids = [VOCAB.index("[CLS]"), *[MASK] * (len(found.pieces) - 2), VOCAB.index("[SEP]")]
    blank = probability(model, ids, CLASSES.index(found.target))
    assert found.target == found.predicted == answer["label"].numpy()[0].decode()
    assert found.probabilities == pytest.approx(expected, abs=1e-6)
    assert found.baseline == pytest.approx(blank, abs=1e-6)
    assert sum(found.scores) == pytest.approx(found.probability - blank, abs=1e-3)
    assert found.gap == pytest.approx(sum(found.scores) - found.probability + blank, abs=1e-6)


def test_few_steps_leave_a_gap(explainer: Explainer) -> None:
    gaps = [abs(explainer.explain([TEXT], steps=steps)[0].gap) for steps in (1, 64)]

    assert gaps[1] < 1e-4 < gaps[0]


def test_what_speaks_for_one_class_speaks_against_others(explainer: Explainer) -> None:
    scores = [explainer.explain([TEXT], target=name)[0].scores for name in CLASSES]

    assert np.abs(scores).max() > 0.02
    np.testing.assert_allclose(np.sum(scores, axis=0), 0, atol=1e-5)


def test_a_word_that_comes_twice_has_two_scores(explainer: Explainer) -> None:
    (found,) = explainer.explain(["good shirt good"])

    assert [word.text for word in found.words] == ["good", "shirt", "good"]
    assert abs(found.words[0].score - found.words[2].score) > 1e-4


def test_a_row_does_not_see_the_others(explainer: Explainer) -> None:
    texts = ["bad", "the shirt is very bad and bad", ""]
    found = explainer.explain(texts, steps=8)

    assert [attribution.pieces[1:-1] for attribution in found[::2]] == [("bad",), ()]
    for together, text in zip(found, texts, strict=True):
        (alone,) = explainer.explain([text], steps=8)
        assert together.pieces == alone.pieces
        assert together.probabilities == pytest.approx(alone.probabilities, abs=1e-6)
        assert together.scores == pytest.approx(alone.scores, abs=1e-6)


def test_an_empty_text_has_nothing_to_explain(explainer: Explainer) -> None:
    (found,) = explainer.explain([""])

    assert found.pieces == ("[CLS]", "[SEP]")
    assert found.scores == (0.0, 0.0)
    assert (found.words, found.gap, found.at_limit) == ((), 0.0, False)
    assert found.probability == found.baseline
    assert explainer.explain([]) == []


def test_a_text_that_fills_the_model_is_pointed_out(explainer: Explainer) -> None:
    fitting = "good " * (MAX_SEQ_LENGTH - 3)
    found = explainer.explain([fitting, fitting + "good bad bad"], steps=4)

    assert [attribution.at_limit for attribution in found] == [False, True]
    assert [len(attribution.words) for attribution in found] == [13, 14]


def test_pairs_have_words_of_two_texts(pair_explainer: Explainer) -> None:
    (found,) = pair_explainer.explain(["fine shirt"], ["hated"])

    assert found.pieces == ("[CLS]", "fine", "shirt", "[SEP]", "hate", "##d", "[SEP]")
    assert [(word.text, word.segment) for word in found.words] == [
        ("fine", 0),
        ("shirt", 0),
        ("hated", 1),
    ]
    assert found.words[2].score == pytest.approx(found.scores[4] + found.scores[5])
    assert abs(found.gap) < 1e-3
    assert [found.scores[place] for place in (0, 3, 6)] == [0, 0, 0]


def test_the_table_is_put_back(explainer: Explainer) -> None:
    table = explainer._model.table
    before = table.numpy()
    explainer.explain(["the movie fits very well and is good"])
    assert table.numpy().tobytes() == before.tobytes()

    row = TokenRow(np.zeros(3, np.int32), np.zeros(3, np.int32))
    no_class = _Path(row, row, len(CLASSES))
    with pytest.raises((tf.errors.InvalidArgumentError, ValueError, IndexError)):
        explainer._gradients([np.zeros((3, 16), np.float32)], [no_class])
    assert table.numpy().tobytes() == before.tobytes()


def test_what_cannot_be_explained_is_refused(
    explainer: Explainer, pair_explainer: Explainer
) -> None:
    with pytest.raises(InvalidInputError, match="has no class 'yes'; it has no, 10, 2"):
        explainer.explain([TEXT], target="yes")
    with pytest.raises(InvalidInputError, match="classifies single texts, not pairs"):
        explainer.explain([TEXT], [TEXT])
    with pytest.raises(InvalidInputError, match="classifies pairs of texts"):
        pair_explainer.explain([TEXT])
    with pytest.raises(InvalidInputError, match="1 texts and 2 second texts"):
        pair_explainer.explain([TEXT], [TEXT, TEXT])


def test_a_text_longer_than_the_table_is_refused(
    explainer: Explainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explainer._model, "table", tf.Variable(tf.zeros([4, 16])))
    with pytest.raises(InvalidInputError, match="5 tokens, more than the model's vocabulary has"):
        explainer.explain([TEXT])


def test_other_models_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="cannot be loaded"):
        Explainer(str(tmp_path))
    tf.saved_model.save(tf.Module(), str(tmp_path / "empty"))
    with pytest.raises(InvalidInputError, match="has no signature 'serving_default'"):
        Explainer(str(tmp_path / "empty"))


def test_a_model_without_its_vocabulary_is_refused(
    folder: Path, explainer: Explainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.attribution.token_model.read_vocabulary", _unreadable)
    with pytest.raises(InvalidInputError, match="has no vocabulary of word pieces"):
        Explainer(str(folder))


def _unreadable(path: str) -> list[str]:
    raise InvalidInputError(path)


def test_a_model_of_the_pipeline(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> None:
    tf.random.set_seed(1)
    encoder = str(build_still_encoder(tmp_path / "encoder"))
    classifier = build_classifier(encoder, 2, dropout=0.5, encoder_trainable=False)
    head = classifier.get_layer("logits")
    head.set_weights([np.random.default_rng(1).normal(size=(16, 2)), np.array([0.1, -0.1])])
    graph = tft.TFTransformOutput(str(transform_graph(tmp_path_factory)))
    names = FeatureNames(text="review", label="stars")
    export_model(classifier, graph, names, str(tmp_path / "model"))

    explainer = Explainer(str(tmp_path / "model"))
    (found,) = explainer.explain(["very good shirt"])

    ids = [[VOCAB.index(piece) for piece in found.pieces]]
    inputs = {
        "input_word_ids": tf.constant(ids),
        "input_mask": tf.ones([1, 5], tf.int32),
        "input_type_ids": tf.zeros([1, 5], tf.int32),
    }
    expected = tf.nn.softmax(classifier(inputs))[0].numpy().tolist()
    assert tuple(found.probabilities) == LABELS
    assert list(found.probabilities.values()) == pytest.approx(expected, abs=1e-6)
    assert [word.text for word in found.words] == ["very", "good", "shirt"]
    assert max(abs(word.score) for word in found.words) > 0.003
    assert abs(found.gap) < 1e-4


def test_pieces_become_words() -> None:
    pieces = ["[CLS]", "##s", "lov", "##e", "##d", "##", "[SEP]", "##x", "[UNK]", "[SEP]"]
    scores = [9, 1, 2, 4, 8, 16, 9, 32, 64, 9]
    segments = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1]

    assert merge_pieces(pieces, scores, segments, WordPieceSpelling()) == (
        Word("##s", 1.0, 0),
        Word("loved", 14.0, 0),
        Word("##", 16.0, 0),
        Word("##x", 32.0, 1),
        Word("[UNK]", 64.0, 1),
    )


def test_the_predicted_class_is_the_likeliest() -> None:
    found = Attribution((), (), (), "a", {"a": 0.25, "b": 0.75}, 0.5, 0.0)

    assert (found.predicted, found.probability) == ("b", 0.25)


def test_words_are_left_out_of_the_text(explainer: Explainer) -> None:
    (found,) = explainer.probabilities_without(["good hated shirt"], [[(), (1,), (0, 2)]])

    # `hated` is two pieces.
    texts = ("good hated shirt", "good shirt", "hated")
    expected = [list(one.probabilities.values()) for one in explainer.explain(texts, steps=1)]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_words_are_left_out_of_both_texts(pair_explainer: Explainer) -> None:
    pairs = pair_explainer.probabilities_without(
        ["fine shirt", "bad"], [[(0, 2)], []], ["hated shoes", "good"]
    )
    (expected,) = pair_explainer.explain(["shirt"], ["shoes"], steps=1)
    assert pairs[0].tolist() == [pytest.approx(list(expected.probabilities.values()), abs=1e-6)]
    assert pairs[1].shape == (0, 3)


def test_batches_hold_every_row_once_and_little_padding() -> None:
    lengths = [5, 90, 3, 4, 200, 90]
    assert batches(lengths, 180) == [[2, 3, 0], [1, 5], [4]]
    assert batches([], 180) == []
