from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from serving.errors import InvalidArgumentError
from serving.observing.observer import Observers
from serving.servables.answer_cache import cache_answers
from serving.servables.model import Array, Arrays, LoadedModel
from tests.serving.batching.text_model import TextModel, texts_of


class Recorder(Observers):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, int, int]] = []

    def cache(self, model_name: str, hits: int, misses: int) -> None:
        self.found.append((model_name, hits, misses))


class Bench:
    """A model with a cache of three answers; `asked` are the texts that reach the model."""

    def __init__(self, inputs: tuple[str, ...] = ("text",)) -> None:
        self.inner = TextModel(inputs)
        self.recorder = Recorder()
        self.asked: list[list[bytes]] = []
        self.model = cache_answers(replace(self.inner.loaded(), run=self.run), 3, self.recorder)

    def run(
        self, name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
    ) -> dict[str, Array]:
        self.asked.append(next(iter(inputs.values())).tolist())
        return self.inner.run(name, inputs, outputs, deadline)


def texts(*values: bytes) -> dict[str, Array]:
    return {"text": np.array(values, object)}


def assert_as_without(model: LoadedModel, inner: TextModel, inputs: Arrays) -> None:
    answers, expected = model.call("", inputs), inner.loaded().call("", inputs)
    assert answers.keys() == expected.keys()
    for name, array in expected.items():
        assert answers[name].dtype == array.dtype
        assert answers[name].tolist() == array.tolist()


def test_only_new_texts_reach_the_model() -> None:
    bench = Bench()
    for given in (texts(b"a b", b"c"), texts(b"c", b"d", b"a b", b"d"), texts(b"d")):
        assert_as_without(bench.model, bench.inner, given)
    assert bench.asked == [[b"a b", b"c"], [b"d"]]
    assert bench.recorder.found == [("reviews", 0, 2), ("reviews", 2, 2), ("reviews", 1, 0)]


def test_the_text_asked_for_longest_ago_goes_first() -> None:
    bench = Bench()
    for text in (b"a", b"b", b"c", b"a", b"d", b"a", b"b"):
        bench.model.call("", texts(text))
    assert bench.asked == [[b"a"], [b"b"], [b"c"], [b"d"], [b"b"]]


def test_more_texts_than_it_keeps() -> None:
    bench = Bench()
    assert_as_without(bench.model, bench.inner, {"text": texts_of(*range(1, 9))})


def test_pairs_are_told_apart() -> None:
    bench = Bench(("text", "text_pair"))
    for first, second in ((b"a", b"b c"), (b"a b", b"c"), (b"b c", b"a")):
        pair = {"text": np.array([first], object), "text_pair": np.array([second], object)}
        assert_as_without(bench.model, bench.inner, pair)
    assert len(bench.asked) == 3


def test_the_outputs_wanted() -> None:
    bench = Bench()
    for wanted in (["label"], ["classes", "probabilities"]):
        answers = bench.model.call("", texts(b"a"), wanted)
        assert list(answers) == wanted
    assert len(bench.asked) == 1


def test_an_error_is_not_kept() -> None:
    bench = Bench()

    def refuse(_name: str, _inputs: Arrays) -> None:
        raise InvalidArgumentError("broken")

    bench.inner.before_run = refuse
    with pytest.raises(InvalidArgumentError, match="broken"):
        bench.model.call("", texts(b"a"))
    bench.inner.before_run = lambda _name, _inputs: None
    assert_as_without(bench.model, bench.inner, texts(b"a"))


@pytest.mark.parametrize("given", [np.array([], object), np.array(b"a", object)])
def test_no_texts_and_other_ranks_pass_through(given: Array) -> None:
    bench = Bench()
    for _ in range(2):
        bench.model.call("", {"text": given})
    assert len(bench.asked) == 2
    assert bench.recorder.found == []


def test_other_signatures_pass_through() -> None:
    bench = Bench()
    for _ in range(2):
        bench.model.call("tokenize", texts(b"a"))
    assert len(bench.asked) == 2


def test_other_models_stay_as_they_are() -> None:
    inner = TextModel()
    inner.signatures = {"classify": inner.signatures["classify"]}
    loaded = inner.loaded()
    assert cache_answers(loaded, 3, Recorder()) is loaded
