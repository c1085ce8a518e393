"""Batching of the SavedModel that the pipeline exports, against the same model without batching."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from serving.batching.text import TextBatchingOptions, wrap_text_model
from serving.servables.model import Array, LoadedModel
from serving.servables.saved_model import load_saved_model
from tests.models.toy_training import LABELS
from tests.serving.batching.concurrency import Recorder
from tests.serving.batching.exported_text_model import export_text_model

OPTIONS = TextBatchingOptions(max_batch_tokens=100, workers=1)


@pytest.fixture(scope="module", params=[None, "title"], ids=["single", "pairs"])
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_text_model(tmp_path_factory, request.param)


@pytest.fixture(scope="module")
def model(exported: Path) -> Iterator[LoadedModel]:
    loaded = load_saved_model("reviews", 1, exported)
    yield loaded
    loaded.close()


def _inputs(model: LoadedModel, count: int, seed: int) -> dict[str, Array]:
    words = ["good", "bad", "shirt", "the", "movie", "fits", "very", "!", "é", "中"]
    chance = np.random.default_rng(seed)

    def texts() -> Array:
        drawn = [" ".join(chance.choice(words, chance.integers(0, 25))) for _ in range(count)]
        return np.array([text.encode() for text in drawn], object)

    return {name: texts() for name in model.signatures["serving_default"].inputs}


@pytest.mark.slow
def test_many_requests_at_once_get_the_answers_of_the_model_alone(model: LoadedModel) -> None:
    observer = Recorder()
    # The model of the other tests stays open.
    batched = wrap_text_model(
        LoadedModel(model.name, 1, model.signatures, {}, model.run), OPTIONS, observer
    )
    asked = [_inputs(model, count, seed) for seed, count in enumerate([1, 1, 5, 40] * 8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda inputs: batched.call("", inputs), asked))
    batched.close()

    for inputs, answer in zip(asked, answers, strict=True):
        alone = model.call("", inputs)
        np.testing.assert_allclose(answer["probabilities"], alone["probabilities"], atol=1e-5)
        assert answer["probabilities"].dtype == np.float32
        assert answer["label"].tolist() == alone["label"].tolist()
        assert answer["classes"].tolist() == alone["classes"].tolist()
    batches = [record for record in observer.batches if record.tokens]
    assert max(record.rows for record in batches) > 1
    assert all(record.executed_tokens <= 100 for record in batches)


@pytest.mark.slow
def test_empty_texts(model: LoadedModel) -> None:
    batched = wrap_text_model(
        LoadedModel(model.name, 1, model.signatures, {}, model.run), OPTIONS, Recorder()
    )
    assert batched.run != model.run
    empty = {name: np.array([b""] * 5, object) for name in batched.signatures["tokenize"].inputs}
    answer = batched.call("", empty)
    expected = model.call("", {name: texts[:1] for name, texts in empty.items()})
    np.testing.assert_allclose(
        answer["probabilities"], expected["probabilities"].repeat(5, axis=0), atol=1e-6
    )
    assert set(answer["label"].tolist()) <= {label.encode() for label in LABELS}
    none = batched.call("", {name: texts[:0] for name, texts in empty.items()})
    assert {name: array.shape for name, array in none.items()} == {
        "label": (0,),
        "probabilities": (0, 2),
        "classes": (0, 2),
    }
    batched.close()
