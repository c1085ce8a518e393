import logging
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextvars import copy_context
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bert_aas.contracts.model_forms import FOLDER
from serving.engines.openvino import OpenVinoEngine
from serving.engines.text_model import with_engine
from serving.errors import Code, ServingError
from serving.loading import ModelLoader
from serving.observing.observer import Observers
from serving.runtime.protos import load_protos
from serving.runtime.tensors import bytes_array
from serving.servables.callers import set_caller
from serving.servables.model import Array, Arrays, LoadedModel
from serving.servables.saved_model import load_saved_model
from serving.settings import ServerSettings
from tests.serving.engines.conftest import variant, write_manifest
from tests.serving.engines.tiny_classifier import expected, export_tiny, token_arrays

TEXTS = np.array([b"fits very well", b"", "gut genährt".encode(), b"no"], object)


@pytest.fixture(scope="module")
def plain(prepared: Path) -> Iterator[LoadedModel]:
    model = load_saved_model("reviews", 1, prepared)
    yield model
    model.close()


@pytest.fixture(scope="module")
def fast(plain: LoadedModel, prepared: Path) -> LoadedModel:
    return with_engine(plain, prepared, "openvino")


def assert_same(left: dict[str, Array], right: dict[str, Array]) -> None:
    assert left.keys() == right.keys()
    for name, array in left.items():
        assert (array.shape, array.dtype) == (right[name].shape, right[name].dtype)
        if array.dtype == np.float32:
            np.testing.assert_allclose(array, right[name], atol=1e-5)
        else:
            assert array.tolist() == right[name].tolist()


@pytest.mark.parametrize("wanted", [[], ["label"], ["probabilities", "classes"]])
def test_texts(plain: LoadedModel, fast: LoadedModel, wanted: list[str]) -> None:
    assert fast.engine == "openvino f32"
    assert_same(fast.call("", {"text": TEXTS}, wanted), plain.call("", {"text": TEXTS}, wanted))


@pytest.mark.parametrize("wanted", [[], ["scores"]])
def test_examples(plain: LoadedModel, fast: LoadedModel, wanted: list[str]) -> None:
    examples = {"inputs": bytes_array([_example(text) for text in TEXTS])}
    answers = fast.call("classify", examples, wanted)
    assert_same(answers, plain.call("classify", examples, wanted))


def test_tensorflow_only_tokenizes(plain: LoadedModel, prepared: Path) -> None:
    called = []

    def run(
        name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
    ) -> dict[str, Array]:
        called.append(name)
        return plain.run(name, inputs, outputs, deadline)

    model = with_engine(replace(plain, run=run), prepared, "openvino")
    called.clear()
    model.call("", {"text": TEXTS})
    model.call("classify", {"inputs": bytes_array([_example(text) for text in TEXTS])})
    assert called == ["tokenize", "tokenize_examples"]


def test_many_texts_are_tokenized_some_at_a_time(plain: LoadedModel, prepared: Path) -> None:
    sizes = []

    def run(
        name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
    ) -> dict[str, Array]:
        sizes.append(len(next(iter(inputs.values()))))
        return plain.run(name, inputs, outputs, deadline)

    model = with_engine(replace(plain, run=run), prepared, "openvino")
    texts = np.tile(TEXTS, 150)
    sizes.clear()
    assert_same(model.call("", {"text": texts}), plain.call("", {"text": texts}))
    assert sizes == [256, 256, 88]


def test_what_is_left_of_a_client_that_left_is_not_run(fast: LoadedModel) -> None:
    class Gone:
        def is_gone(self) -> bool:
            return True

        def when_gone(self, act: Callable[[], None]) -> None:
            act()

    def ask() -> None:
        set_caller(Gone())
        fast.call("", {"text": np.tile(TEXTS, 150)})

    with pytest.raises(ServingError, match="The client has left"):
        copy_context().run(ask)


def _example(text: bytes) -> bytes:
    example = load_protos().example_pb2.Example()
    example.features.feature["text"].bytes_list.value.append(text)
    serialized: bytes = example.SerializeToString()
    return serialized


def test_no_texts(plain: LoadedModel, fast: LoadedModel) -> None:
    assert_same(fast.call("", {"text": TEXTS[:0]}), plain.call("", {"text": TEXTS[:0]}))


def test_tokens(fast: LoadedModel) -> None:
    answer = fast.call("tokens", token_arrays([1, 5], [1]))
    np.testing.assert_allclose(answer["probabilities"], expected([1, 5], [1]), atol=1e-5)


def test_other_signatures_are_the_models_own(plain: LoadedModel, fast: LoadedModel) -> None:
    tokens, same = (model.call("tokenize", {"text": TEXTS}) for model in (fast, plain))
    assert {name: array.tolist() for name, array in tokens.items()} == {
        name: array.tolist() for name, array in same.items()
    }


@pytest.mark.parametrize(
    "tokens",
    [
        token_arrays([1, 50]),  # no such token
        token_arrays([1, -1]),
        {**token_arrays([1, 2]), "input_type_ids": np.full((1, 2), 2, np.int32)},
        {**token_arrays([1, 2]), "input_mask": np.ones((1, 3), np.int32)},
        {name: array[0] for name, array in token_arrays([1, 2]).items()},
    ],
)
def test_errors_are_the_models_own(
    plain: LoadedModel, fast: LoadedModel, tokens: dict[str, Array]
) -> None:
    raised = []
    for model in (plain, fast):
        with pytest.raises(ServingError) as caught:
            model.call("tokens", tokens)
        raised.append((caught.value.code, caught.value.message))
    assert raised[0] == raised[1]


def test_tensorflow_is_taken_as_it_is(plain: LoadedModel, prepared: Path) -> None:
    assert with_engine(plain, prepared, "tensorflow") is plain


def test_one_line_says_why_tensorflow_runs_it(
    plain: LoadedModel,
    prepared: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert with_engine(plain, prepared, "auto") is plain
    (line,) = caplog.messages
    assert line.startswith("Model reviews version 1 cannot run on OpenVINO: OpenVINO cannot be imp")
    assert line.endswith("; TensorFlow runs it.")


def test_nothing_is_said_of_models_that_nobody_converted(
    plain: LoadedModel, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert with_engine(plain, tmp_path, "auto") is plain
    assert caplog.messages == []


def test_openvino_and_nothing_else(plain: LoadedModel, tmp_path: Path) -> None:
    with pytest.raises(ServingError, match="the version has no converted model") as raised:
        with_engine(plain, tmp_path, "openvino")
    assert raised.value.code is Code.FAILED_PRECONDITION


def test_the_file_of_another_model_is_refused(
    plain: LoadedModel, version: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from components.optimizer.forms.conversion import convert_tokens, save

    export_tiny(version.parent / "other", seed=1)
    save(convert_tokens(version.parent / "other"), version / FOLDER / "model.xml", compress=False)
    write_manifest(version, [variant("f32")])
    assert with_engine(plain, version, "auto") is plain
    assert "its answers are not those of the SavedModel" in caplog.text


def test_a_model_of_other_signatures(
    exported: Path, prepared: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(exported / "old" / "1", tmp_path / "1")
    shutil.copytree(prepared / FOLDER, tmp_path / "1" / FOLDER)
    model = load_saved_model("half", 1, tmp_path / "1")
    assert with_engine(model, tmp_path / "1", "auto") is model
    assert "its signatures are not those of a text classifier" in caplog.text
    model.close()


def test_batches_run_on_the_engine(plain: LoadedModel, prepared: Path) -> None:
    loader = ModelLoader(ServerSettings(max_batch_tokens=64), Observers())
    batched = loader.load("reviews", 1, prepared)
    assert batched.engine == "openvino f32"
    texts = np.array([b"a" * (place % 20) for place in range(100)], object)
    assert_same(batched.call("", {"text": texts}), plain.call("", {"text": texts}))
    batched.close()


def test_the_cache_that_the_settings_ask_for(prepared: Path) -> None:
    found = []

    class Recorder(Observers):
        def cache(self, model_name: str, hits: int, misses: int) -> None:
            found.append((model_name, hits, misses))

    settings = ServerSettings(engine="tensorflow", cache_size=2)
    model = ModelLoader(settings, Recorder()).load("reviews", 1, prepared)
    first, again = (model.call("", {"text": TEXTS[:1]}) for _ in range(2))
    assert_same(first, again)
    assert found == [("reviews", 0, 1), ("reviews", 1, 0)]
    model.close()


def test_the_engine_is_closed_where_a_later_step_of_the_load_fails(
    prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cachetools", None)
    closed: list[OpenVinoEngine] = []

    def close(engine: OpenVinoEngine) -> None:
        closed.append(engine)

    monkeypatch.setattr(OpenVinoEngine, "close", close)
    settings = ServerSettings(cache_size=9, engine="openvino")
    with pytest.raises(ServingError, match="cachetools"):
        ModelLoader(settings, Observers()).load("reviews", 1, prepared)
    assert len(closed) == 1
