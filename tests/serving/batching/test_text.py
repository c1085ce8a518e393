import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from serving.batching.text import TextBatcher, TextBatchingOptions, wrap_text_model
from serving.errors import (
    Code,
    InvalidArgumentError,
    ServingError,
)
from serving.servables.model import Array, Arrays, Signature
from tests.serving.batching.concurrency import LIMIT_S, Gate, Recorder, in_thread
from tests.serving.batching.text_model import CLASSES, TextModel, texts_of
from tests.serving.version_folders import wait_until

OPTIONS = TextBatchingOptions(max_batch_tokens=2048, workers=1)


class Bench:
    """A model with batching; `runs` are the calls since it was wrapped."""

    def __init__(
        self, options: TextBatchingOptions = OPTIONS, inputs: tuple[str, ...] = ("text",)
    ) -> None:
        self.inner = TextModel(inputs)
        self.observer = Recorder()
        self.model = wrap_text_model(self.inner.loaded(), options, self.observer)
        self.inner.calls.clear()

    @property
    def waiting_rows(self) -> int:
        batcher = getattr(self.model.run, "__self__", None)
        assert isinstance(batcher, TextBatcher)
        return batcher.waiting_rows

    def ask(self, texts: Array, deadline: float | None = None) -> dict[str, Array]:
        return self.model.call("", {"text": texts}, deadline=deadline)

    def direct(self, inputs: Arrays) -> dict[str, Array]:
        return TextModel(self.inner.inputs).loaded().call("", inputs)


def assert_same(left: Arrays, right: Arrays) -> None:
    assert left.keys() == right.keys()
    for name, array in left.items():
        assert array.dtype == right[name].dtype
        assert array.tolist() == right[name].tolist()


def test_the_model_runs_once_in_all_ways_when_it_is_wrapped() -> None:
    inner = TextModel()
    wrap_text_model(inner.loaded(), OPTIONS, Recorder()).close()
    assert inner.calls == [("serving_default", (1,)), ("tokenize", (1,)), ("tokens", (1, 1))]


def test_a_lone_request_runs_as_without_batching() -> None:
    bench = Bench()
    for count in (1, 4):
        texts = texts_of(*[7] * count)
        assert_same(bench.ask(texts), bench.direct({"text": texts}))
    assert bench.inner.calls == [("serving_default", (1,)), ("serving_default", (4,))]
    reported = [(record.rows, record.executed_rows) for record in bench.observer.batches]
    assert reported == [(1, 1), (4, 4)]
    bench.model.close()


def test_a_lone_request_of_many_texts_is_cut_by_length() -> None:
    bench = Bench(replace(OPTIONS, max_batch_tokens=40))
    texts = texts_of(2, 20, 1, 19, 2, 20)
    assert_same(bench.ask(texts), bench.direct({"text": texts}))
    widths = [("tokenize", (6,)), ("tokens", (2, 20)), ("tokens", (1, 19)), ("tokens", (3, 2))]
    assert bench.inner.calls == widths
    bench.model.close()


def test_requests_that_come_meanwhile_share_a_batch() -> None:
    bench, gate = Bench(), Gate()
    bench.inner.before_run = lambda name, _: None if name == "tokenize" else gate.pass_through()
    held = in_thread(lambda: bench.ask(texts_of(3)))
    gate.wait_for_one()
    one, two = texts_of(8), texts_of(7, 8)
    asked = [in_thread(lambda: bench.ask(one)), in_thread(lambda: bench.ask(two))]
    wait_until(lambda: bench.waiting_rows == 3)
    gate.open()

    held.result(LIMIT_S)
    assert_same(asked[0].result(LIMIT_S), bench.direct({"text": one}))
    assert_same(asked[1].result(LIMIT_S), bench.direct({"text": two}))
    batches = [call for call in bench.inner.calls if call[0] != "tokenize"]
    assert batches == [("serving_default", (1,)), ("tokens", (3, 8))]
    bench.model.close()


def test_the_outputs_wanted() -> None:
    bench = Bench()
    for texts in (texts_of(3), texts_of(3, 4, 5, 6, 7)):
        for wanted in (["label"], ["classes", "probabilities"]):
            answer = bench.model.call("", {"text": texts}, wanted)
            whole = bench.direct({"text": texts})
            assert_same(answer, {name: whole[name] for name in wanted})
    bench.model.close()


def test_labels_are_those_of_the_largest_probabilities() -> None:
    bench = Bench()
    # Word ids: `a0` = 97 + 48 = 145 at the second place, so 1 + 2 * 145 = 291 of 1000.
    answer = bench.ask(np.array([b"a0", b"", b"a0 a0 a0 a0", b"a0", b"a0"], object))
    np.testing.assert_allclose(answer["probabilities"][:2], [[0.709, 0.291], [0.999, 0.001]])
    # 1 + 145 * (2 + 3 + 4 + 5) = 2031, so 0.031.
    np.testing.assert_allclose(answer["probabilities"][2], [0.969, 0.031], rtol=1e-6)
    assert answer["label"].tolist() == [b"bad"] * 5
    assert answer["classes"].tolist() == [list(CLASSES)] * 5
    bench.model.close()


def test_pairs_of_texts() -> None:
    bench = Bench(inputs=("text", "text_pair"))
    inputs = {"text": texts_of(3, 9, 1, 5, 5), "text_pair": texts_of(5, 1, 1, 9, 2)}
    assert_same(bench.model.call("", inputs), bench.direct(inputs))
    assert [name for name, _ in bench.inner.calls][:2] == ["tokenize", "tokens"]
    bench.model.close()


@pytest.mark.parametrize(
    "texts", [np.array([], object), np.array(b"a", object), np.array([[b"a", b"b"]], object)]
)
def test_no_texts_and_other_ranks_pass_through(texts: Array) -> None:
    bench = Bench()
    bench.ask(texts)
    assert bench.inner.calls == [("serving_default", texts.shape)]
    assert bench.observer.batches == []
    bench.model.close()


def test_pairs_of_differing_sizes_pass_through() -> None:
    bench = Bench(inputs=("text", "text_pair"))
    with pytest.raises(ValueError, match="zip"):
        bench.model.call("", {"text": texts_of(3), "text_pair": texts_of(5, 1)})
    assert [name for name, _ in bench.inner.calls] == ["serving_default"]
    bench.model.close()


def test_other_signatures_pass_through() -> None:
    bench = Bench()
    bench.model.call("classify", {"inputs": np.array([b"x"] * 9, object)})
    assert bench.inner.calls == [("classify", (9,))]
    bench.model.close()


def test_deadlines_reach_the_model() -> None:
    inner, seen = TextModel(), list[tuple[str, float | None]]()

    def run(
        name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
    ) -> dict[str, Array]:
        seen.append((name, deadline))
        return inner.run(name, inputs, outputs, deadline)

    model = wrap_text_model(replace(inner.loaded(), run=run), OPTIONS, Recorder())
    far = time.monotonic() + LIMIT_S
    model.call("", {"text": texts_of(3)}, deadline=far)
    model.call("", {"text": texts_of(5, 5, 5, 5, 5)}, deadline=far + 1)
    names = ["serving_default", "tokenize", "tokens"]
    assert seen[3:] == list(zip(names, (far, far + 1, far + 1), strict=True))
    model.close()


def test_many_threads_get_their_own_answers() -> None:
    bench = Bench(replace(OPTIONS, max_batch_tokens=120, workers=2))

    def work(seed: int) -> None:
        chance = np.random.default_rng(seed)
        for _ in range(40):
            texts = texts_of(*chance.integers(1, 60, size=chance.choice([1, 1, 2, 9])))
            assert_same(bench.ask(texts, time.monotonic() + LIMIT_S), bench.direct({"text": texts}))

    with ThreadPoolExecutor(16) as pool:
        for done in [pool.submit(work, seed) for seed in range(16)]:
            done.result()
    batched = [record for record in bench.observer.batches if record.tokens]
    assert all(record.executed_tokens <= 120 or record.executed_rows == 1 for record in batched)
    assert max(record.rows for record in batched) > 1
    bench.model.close()


def test_close_ends_the_threads_and_closes_the_model() -> None:
    bench = Bench()
    bench.model.close()
    assert bench.inner.closed.is_set()
    with pytest.raises(ServingError, match="being unloaded") as caught:
        bench.ask(texts_of(3))
    assert caught.value.code is Code.UNAVAILABLE


def _without(name: str) -> TextModel:
    model = TextModel()
    model.signatures = {key: value for key, value in model.signatures.items() if key != name}
    return model


def _with_signature(name: str, **changes: object) -> TextModel:
    model = TextModel()
    changed: Signature = replace(model.signatures[name], **changes)  # type: ignore[arg-type]
    model.signatures = {**model.signatures, name: changed}
    return model


def _other_models() -> dict[str, TextModel]:
    usual = TextModel().signatures
    answers, texts = usual["serving_default"].outputs, usual["tokenize"].inputs
    tokens = usual["tokens"].inputs
    return {
        "no tokenize": _without("tokenize"),
        "no tokens": _without("tokens"),
        "no default": _without("serving_default"),
        "another output": _with_signature(
            "serving_default", outputs={**answers, "attention": answers["probabilities"]}
        ),
        "no probabilities": _with_signature(
            "serving_default", outputs={"classes": answers["classes"]}
        ),
        "labels without classes": _with_signature(
            "serving_default",
            outputs={name: answers[name] for name in ("label", "probabilities")},
        ),
        "other texts": _with_signature("tokenize", inputs={"body": texts["text"]}),
        "numbers for texts": _with_signature(
            "serving_default", inputs={"text": answers["probabilities"]}
        ),
        "other tokens": _with_signature("tokens", inputs={"input_mask": tokens["input_mask"]}),
        "logits": _with_signature("tokens", outputs={"logits": answers["probabilities"]}),
    }


@pytest.mark.parametrize("kind", _other_models())
def test_other_models_stay_as_they_are(kind: str) -> None:
    inner = _other_models()[kind]
    loaded = inner.loaded()
    assert wrap_text_model(loaded, OPTIONS, Recorder()) is loaded
    assert inner.calls == []


def test_a_model_that_gives_the_probabilities_only() -> None:
    answers = TextModel().signatures["serving_default"].outputs
    inner = _with_signature("serving_default", outputs={"probabilities": answers["probabilities"]})
    model = wrap_text_model(inner.loaded(), OPTIONS, Recorder())
    answer = model.call("", {"text": texts_of(3, 4, 5, 6, 7)})
    assert (list(answer), answer["probabilities"].shape) == (["probabilities"], (5, 2))
    model.close()


def test_a_model_that_fails_on_an_empty_text_stays_as_it_is() -> None:
    inner = TextModel()

    def refuse(name: str, inputs: Arrays) -> None:
        raise InvalidArgumentError("no text")

    inner.before_run = refuse
    loaded = inner.loaded()
    assert wrap_text_model(loaded, OPTIONS, Recorder()) is loaded


def test_a_model_whose_halves_answer_otherwise_stays_as_it_is() -> None:
    inner = TextModel()

    def run(
        name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
    ) -> dict[str, Array]:
        answers = inner.run(name, inputs, outputs, deadline)
        return {"probabilities": answers["probabilities"] / 2} if name == "tokens" else answers

    loaded = replace(inner.loaded(), run=run)
    assert wrap_text_model(loaded, OPTIONS, Recorder()) is loaded


@pytest.mark.parametrize(
    "changes",
    [{"max_batch_tokens": 0}, {"max_queued_rows": 0}, {"workers": 0}, {"max_padding": 1.0}],
)
def test_options_that_cannot_be(changes: dict[str, float]) -> None:
    with pytest.raises(InvalidArgumentError, match=next(iter(changes))):
        TextBatchingOptions(**changes)  # type: ignore[arg-type]
