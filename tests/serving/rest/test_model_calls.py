"""Requests that wait on the event loop: what is captured of them."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving.capture.capture_file import CaptureFile
from serving.capture.recorder import Recorder
from serving.data_plane import ModelQuery
from serving.observing.observer import Observers
from serving.rest.model_calls import ModelCalls
from serving.rest.requests.keyed import RestRequest
from serving.rest.routes import Target
from serving.servables.model import Arrays, LoadedModel, Pending, Signature
from tests.serving.rest.models import FLOAT
from tests.serving.version_folders import run_nothing


class _Busy:
    """A queue whose runs double `x`."""

    def is_busy(self) -> bool:
        return True

    def submit(self, name: str, inputs: Arrays, outputs: Any, deadline: float | None) -> Pending:
        answer: Future[Any] = Future()
        answer.set_result({"y": inputs["x"] * 2})
        return Pending(answer, lambda found: found, lambda: None)


class _Plane:
    @contextmanager
    def use(self, query: ModelQuery, request: Any) -> Iterator[LoadedModel]:
        signature = Signature("serving_default", {"x": FLOAT}, {"y": FLOAT})
        signatures = {"serving_default": signature}
        yield LoadedModel(query.name, 3, signatures, {}, run_nothing, queue=_Busy())


@pytest.mark.parametrize(("model", "is_noted"), [("m", True), ("other", False)])
def test_a_request_that_waits_is_noted(tmp_path: Path, model: str, is_noted: bool) -> None:
    file = tmp_path / "capture.json"
    file.write_text(f'{{"folder": "{tmp_path}", "sampling_percent": {{"m": 100}}}}')
    recorder = Recorder(Observers(), CaptureFile(file, 0))
    calls = ModelCalls(_Plane(), False, recorder)  # type: ignore[arg-type]
    target = Target("predict", ModelQuery(model))
    request = RestRequest({}, b'{"instances": [4.0]}')
    waiting = calls.answer_waiting(target, request, time.monotonic() + 60)
    answer = asyncio.run(waiting)
    assert answer is not None
    assert (answer.note is not None) is is_noted
    if answer.note is not None:
        outputs: Any = answer.note.inference.outputs
        np.testing.assert_array_equal(outputs["y"], [8.0])
        assert answer.note.inference.version == 3
