import dataclasses
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bert_aas.traffic.plans.plan import Arm, Ending, Plan
from serving.data_plane import DataPlane, ModelQuery
from serving.errors import Code, ServingError
from serving.routing.router import Router, RoutingOptions
from serving.routing.shadow import Shadow, ShadowLimits
from serving.servables.model import Array, Arrays, LoadedModel, Signature, TensorSpec
from serving.versions.lifecycle import LifecycleOptions
from serving.versions.model_config import All, ModelConfig
from serving.versions.registry import ModelRegistry
from tests.serving.routing.plan_files import put
from tests.serving.version_folders import LIMIT_S, add_version, wait_until

TEXT = TensorSpec("string", np.dtype(object))
FLOAT = TensorSpec("float", np.dtype(np.float32))
SIGNATURE = Signature("serving_default", {"text": TEXT}, {"probabilities": FLOAT})
PLAN = Plan("m", "shadow", (Arm(1), Arm(2), Arm(3)), "s", 0.0, load=50.0)


class Request:
    """A request without a header or texts."""

    def header(self, _name: str) -> None:
        return None

    def texts(self) -> list[bytes]:
        return []

    def content(self) -> bytes:
        return b""


class Models:
    """Version 1 finds texts with `!` good, version 2 all, version 3 fails."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, name: str, version: int, _folder: Path) -> LoadedModel:
        def run(
            name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
        ) -> dict[str, Array]:
            self.asked.append(version)
            if version > 1:
                assert self.gate.wait(LIMIT_S)
            if version == 3:
                raise ServingError(Code.INTERNAL, "out of order")
            good = [version == 2 or b"!" in text for text in inputs["text"]]
            rows = [[0.1, 0.9] if one else [0.7, 0.3] for one in good]
            return {"probabilities": np.array(rows, np.float32)}

        return LoadedModel(name, version, {"serving_default": SIGNATURE}, {}, run)


class Bench:
    """Model `m` with three versions under a plan with a shadow."""

    def __init__(self, folder: Path, limits: ShadowLimits) -> None:
        for version in (1, 2, 3):
            add_version(folder / "m", version)
        self.models, self.file = Models(), folder / "traffic.json"
        self.registry = ModelRegistry(self.models, LifecycleOptions())
        self.registry.apply([ModelConfig("m", folder / "m", All())], at_startup=True)
        self.registry.poll()
        self.router = Router(RoutingOptions(self.file))
        self.shadow = Shadow(self.router, self.registry, limits)
        self.router.offer = self.shadow.offer
        self.plane = DataPlane(self.registry, self.router, self.shadow)
        self.follow(PLAN)

    def follow(self, plan: Plan) -> None:
        put(self.file, plan)
        self.router.poll()

    def ask(self, *texts: bytes) -> Array:
        with self.plane.use(ModelQuery("m"), Request()) as model:
            assert model.version == 1
            return model.call("", {"text": np.array(texts, object)})["probabilities"]

    @property
    def status(self) -> Any:
        return self.shadow.status("m")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, ShadowLimits(copies=2, size=1000))
    yield made
    made.models.gate.set()
    made.shadow.stop()
    made.registry.stop(LIMIT_S)


def test_challengers_are_asked_after_the_answer(bench: Bench) -> None:
    answer = bench.ask(b"fine!", b"poor", b"so so")
    assert answer[:, 1].tolist() == pytest.approx([0.9, 0.3, 0.3])
    assert bench.models.asked == [1]
    assert bench.shadow.work_once() > 0
    assert bench.models.asked == [1, 2, 3]
    flips = [{"from": "0", "to": "1", "rows": 2}]
    assert bench.status == {
        "dropped": 0,
        "challengers": {"2": {"rows": 3, "agreed": 1, "flips": flips}},
    }
    route = bench.router.route("m")
    assert route is not None
    second, third = (route.watch.tally(version).total for version in (2, 3))
    assert (second.requests, second.errors, second.compared, second.differed) == (1, 0, 3, 2)
    assert (third.requests, third.errors, third.compared) == (1, 1, 0)
    told = bench.plane.traffic("m")
    assert told is not None
    assert told["shadow"] == bench.status


def test_copies_are_bounded_in_number_and_size_and_shed_first(bench: Bench) -> None:
    for _ in range(5):
        bench.ask(b"short")
    assert bench.status["dropped"] == 3
    for _ in range(2):
        bench.shadow.work_once()
    bench.ask(b"x" * 2000)
    assert bench.status["dropped"] == 4
    for _ in range(3):
        bench.ask(b"x" * 700)
        assert bench.status["dropped"] == 4  # the room is free again
        assert bench.shadow.work_once() > 0


def test_a_copy_waits_until_the_server_is_idle(bench: Bench) -> None:
    bench.ask(b"fine!")
    with bench.plane.use(ModelQuery("m"), Request()):
        worker = threading.Thread(target=bench.shadow.work_once)
        worker.start()
        worker.join(0.05)
        assert bench.models.asked == [1]
    worker.join(LIMIT_S)
    assert bench.models.asked == [1, 2, 3]


def test_a_copy_that_waits_too_long_is_dropped(tmp_path: Path) -> None:
    bench = Bench(tmp_path, ShadowLimits(wait_s=0.0))
    bench.ask(b"fine!")
    assert bench.shadow.work_once() == 0.0
    assert (bench.models.asked, bench.status["dropped"]) == ([1], 1)
    bench.registry.stop(LIMIT_S)


def test_a_challenger_that_hangs_holds_up_no_answer(bench: Bench) -> None:
    bench.models.gate.clear()
    bench.shadow.start()
    bench.ask(b"fine!")
    wait_until(lambda: 2 in bench.models.asked)
    for _ in range(20):
        assert len(bench.ask(b"fine!")) == 1
    assert bench.status["dropped"] == 18  # two wait
    bench.models.gate.set()
    wait_until(lambda: bench.status["challengers"].get("2", {}).get("rows") == 3)


def test_other_plans_want_no_copies(bench: Bench) -> None:
    bench.ask(b"fine!")
    bench.follow(Plan("m", "shadow", PLAN.arms, "s", 0.0, ending=Ending("rolled-back", 1, 0.0)))
    assert bench.shadow.work_once() == 0.0
    bench.ask(b"fine!")
    assert bench.models.asked == [1, 1]
    bench.shadow.stop()
    assert bench.shadow.work_once() == 0.0
    bench.follow(PLAN)
    bench.ask(b"fine!")
    assert bench.status["dropped"] == 1


def test_versions_that_do_not_serve_are_left_out(bench: Bench) -> None:
    bench.follow(Plan("m", "shadow", (Arm(1), Arm(9), Arm("next"), Arm(2)), "s", 0.0))
    bench.ask(b"fine!")
    bench.shadow.work_once()
    assert bench.models.asked == [1, 2]


@pytest.mark.parametrize(("load", "rest_s"), [(100.0, 0.0), (50.0, 3.0), (0.5, 597.0)])
def test_work_rests_in_proportion(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, load: float, rest_s: float
) -> None:
    bench.follow(dataclasses.replace(PLAN, load=load))
    bench.ask(b"fine!")
    times = iter([100.0, 0.0, 0.0, 103.0])  # two challengers are asked between the two times
    monkeypatch.setattr(bench.shadow, "_is_idle_before", lambda _deadline: True)
    monkeypatch.setattr(bench.shadow, "_ask", lambda _copy, _arm: next(times))
    monkeypatch.setattr("serving.routing.shadow.time.monotonic", lambda: next(times))
    assert bench.shadow.work_once() == pytest.approx(rest_s)


def test_the_thread_rests(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    planned = iter([3.0, 0.0])

    def work_once() -> float:
        found = next(planned, None)
        if found is None:
            bench.shadow.stop()
            raise RuntimeError("once more")
        return found

    monkeypatch.setattr(bench.shadow, "work_once", work_once)
    monkeypatch.setattr(bench.shadow._stopping, "wait", rests.append)
    bench.shadow.start()
    wait_until(lambda: len(rests) == 3)
    assert rests == [3.0, 0.0, 1.0]


def test_what_is_copied_is_a_moment_old(bench: Bench) -> None:
    before = time.monotonic()
    bench.ask(b"fine!")
    copy = bench.shadow._take()
    assert copy is not None
    assert before <= copy.at <= time.monotonic()
    assert (copy.model, copy.version, copy.signature) == ("m", 1, "serving_default")
