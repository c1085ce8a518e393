"""As many large requests as there were threads in release 0.2.0, and a small one beside them.

The large ones are all at work and unanswered when the small one is sent, and still unanswered when
it has its answer: what holds them back is in the test's hands.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import requests

from serving.batching.text import TextBatchingOptions, wrap_text_model
from serving.data_plane import DataPlane
from serving.listeners import Instruments, Listeners
from serving.observing.observer import NoTracing, Observers
from serving.servables.model import Array, Arrays, LoadedModel, Signature, TensorSpec
from serving.settings import ServerSettings
from serving.versions.lifecycle import LifecycleOptions
from serving.versions.model_config import ModelConfig
from serving.versions.registry import ModelRegistry
from tests.serving.batching.concurrency import LIMIT_S, Steps, in_thread
from tests.serving.batching.text_model import TextModel, texts_of
from tests.serving.grpc_api.conftest import PROTOS, floats, predict_request, strings
from tests.serving.version_folders import wait_until

pytestmark = pytest.mark.slow

LARGE = 64  # the threads of either side in release 0.2.0
VALUES = 2000  # of a large request: over 4 KiB of JSON, so that REST answers it in a thread
SMALL = 1
TEXTS = 65  # of a large request: one more than is tokenized whole
TOKENS = 100  # of each of its texts: a request takes a dozen batches

Ask = Callable[[Sequence[Any]], "Future[list[Any]]"]


class Model:
    """Knows which large requests have reached it, and whether the test lets them go on.

    Attributes:
        entered: Counts the large requests that have a thread.
        opened: Lets large requests to `holding_back` be answered.
        widths: Tokens of the longest text of each batch of `classifying`.
    """

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.opened = threading.Event()
        self.widths: list[int] = []

    def holding_back(self) -> LoadedModel:
        """A model of the user's own: it answers a single value at once."""
        spec = TensorSpec("float", np.dtype(np.float32))
        signature = Signature("serving_default", {"x": spec}, {"y": spec})

        def run(
            name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
        ) -> dict[str, Array]:
            if inputs["x"].size > SMALL:
                self.entered.release()
                assert self.opened.wait(LIMIT_S)
            return {"y": inputs["x"]}

        return LoadedModel("m", 1, {signature.name: signature}, {}, run)

    def classifying(self, steps: Steps) -> LoadedModel:
        """A text classifier with batching: its batches run one by one."""
        inner = TextModel()
        wrapped = wrap_text_model(inner.loaded(), TextBatchingOptions(workers=1), Observers())

        def before(name: str, inputs: Arrays) -> None:
            if name == "tokens":
                self.widths.append(inputs["input_mask"].shape[1])
                steps.pass_through()

        def run(
            name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
        ) -> dict[str, Array]:
            if len(inputs["text"]) > SMALL:
                self.entered.release()
            return wrapped.run(name, inputs, outputs, deadline)

        inner.before_run = before
        return replace(wrapped, run=run)

    def wait_for_all(self) -> None:
        for _ in range(LARGE):
            assert self.entered.acquire(timeout=LIMIT_S)


@contextmanager
def listening(model: LoadedModel, folder: Path) -> Iterator[Listeners]:
    """Serve a model with the flags' defaults."""
    (folder / "1").mkdir()
    registry = ModelRegistry(lambda *_: model, LifecycleOptions(poll_wait_s=0))
    registry.apply([ModelConfig("m", folder)], at_startup=True)
    registry.start()
    assert registry.wait_for_first_loads(LIMIT_S)
    settings = ServerSettings(folder, port=0, rest_api_port=0)
    listeners = Listeners(DataPlane(registry), settings, Instruments(Observers(), NoTracing()))
    listeners.open()
    yield listeners
    listeners.close()
    registry.stop(LIMIT_S)


@contextmanager
def asking(listeners: Listeners, transport: str) -> Iterator[Ask]:
    """Yield what sends values and gives their answers, the first column of them, later."""
    if transport == "rest":
        yield lambda values: in_thread(lambda: _ask_rest(listeners, values))
        return
    with grpc.insecure_channel(listeners.grpc_address) as channel:
        stub = PROTOS.prediction_service_pb2_grpc.PredictionServiceStub(channel)
        yield lambda values: in_thread(lambda: _ask_grpc(stub, values))


def _ask_rest(listeners: Listeners, values: Sequence[Any]) -> list[Any]:
    url = f"http://{listeners.rest_address}/v1/models/m:predict"
    answer = requests.post(url, json={"instances": list(values)}, timeout=LIMIT_S)
    rows = answer.json()["predictions"]
    return [row["label"] if isinstance(row, dict) else row for row in rows]


def _ask_grpc(stub: Any, values: Sequence[Any]) -> list[Any]:
    if isinstance(values[0], str):
        request = predict_request("m", text=strings(*(text.encode() for text in values)))
        found = stub.Predict(request, timeout=LIMIT_S).outputs["label"].string_val
        return [label.decode() for label in found]
    request = predict_request("m", x=floats(*values))
    return list(stub.Predict(request, timeout=LIMIT_S).outputs["y"].float_val)


@pytest.mark.parametrize("transport", ["grpc", "rest"])
def test_a_small_one_does_not_wait_for_a_thread(transport: str, tmp_path: Path) -> None:
    model = Model()
    with (
        listening(model.holding_back(), tmp_path) as listeners,
        asking(listeners, transport) as ask,
    ):
        large = [ask([float(number)] * VALUES) for number in range(LARGE)]
        model.wait_for_all()
        try:
            assert ask([4.0]).result(LIMIT_S) == [4.0]
            assert not any(answer.done() for answer in large)
        finally:
            model.opened.set()
        for number, answer in enumerate(large):
            assert answer.result(LIMIT_S) == [number] * VALUES


@pytest.mark.parametrize("transport", ["grpc", "rest"])
def test_a_single_text_does_not_wait_for_a_whole_request(transport: str, tmp_path: Path) -> None:
    model, steps = Model(), Steps()
    served: Any = model.classifying(steps)
    texts = [text.decode() for text in texts_of(*[TOKENS] * TEXTS)]
    with (
        listening(served, tmp_path) as listeners,
        asking(listeners, transport) as ask,
    ):
        large = [ask(texts) for _ in range(LARGE)]
        model.wait_for_all()
        try:
            steps.wait_for_one()
            single = ask(["a0"])
            wait_until(lambda: served.queue.waiting_rows == SMALL)
            while model.widths[-1] == TOKENS:
                steps.let_one_pass()
            steps.let_one_pass()
            assert single.result(LIMIT_S) == ["bad"]
            assert not any(answer.done() for answer in large)
        finally:
            steps.open()
        expected = labels_of(texts)
        for answer in large:
            assert answer.result(LIMIT_S) == expected


def labels_of(texts: Sequence[str]) -> list[str]:
    inputs = {"text": np.array([text.encode() for text in texts], object)}
    labels = TextModel().run("serving_default", inputs, ["label"], None)["label"]
    return [label.decode() for label in labels]
