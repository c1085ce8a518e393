import dataclasses
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bert_aas.traffic.alarms import Alarm
from bert_aas.traffic.plans.files import log_file, read_plan_file
from bert_aas.traffic.plans.plan import Arm, Plan, Step
from serving.routing.guard import Guard
from serving.routing.router import Router, RoutingOptions
from serving.versions.lifecycle import LifecycleOptions
from serving.versions.model_config import All, ModelConfig
from serving.versions.registry import ModelRegistry
from tests.serving.routing.plan_files import ab, put
from tests.serving.version_folders import LIMIT_S, TextLoader, add_version, wait_until

ERRORS = Alarm("error_rate", 0.1, 60.0, 10)


class Bench:
    """Model `m` with versions 1 and 2 under a canary at 5 %, and a guard."""

    def __init__(self, folder: Path) -> None:
        self.base, self.file = folder / "m", folder / "traffic.json"
        for version in (1, 2):
            add_version(self.base, version)
        self.registry = ModelRegistry(TextLoader(), LifecycleOptions(max_num_load_retries=0))
        self.registry.apply([ModelConfig("m", self.base, All(), {"next": 2})], at_startup=True)
        self.registry.poll()
        self.registry.require_available()
        self.router = Router(RoutingOptions(self.file))
        self.router.labels = self.registry.labels
        self.guard = Guard(self.router, self.registry, pause_s=0.01)

    def follow(self, plan: Plan) -> None:
        put(self.file, plan)
        self.router.poll()

    def count(self, version: int, requests: int, errors: int = 0) -> None:
        route = self.router.route("m")
        assert route is not None
        for number in range(requests):
            route.watch.tally(version).count(time.monotonic(), 0.001, failed=number < errors)

    @property
    def plan(self) -> Plan:
        return read_plan_file(self.file)["m"]

    @property
    def in_force(self) -> Plan:
        route = self.router.route("m")
        assert route is not None
        return route.plan


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.guard.stop()
    made.registry.stop(LIMIT_S)


def canary(*alarms: Alarm, **changes: Any) -> Plan:
    steps = (Step(5.0, 3600.0), Step(100.0, 3600.0))
    plan = Plan("m", "canary", (Arm(1), Arm(2)), "s", float(int(time.time())), steps)
    return dataclasses.replace(plan, alarms=alarms, **changes)


def test_a_challenger_that_fails_is_rolled_back_in_the_file(bench: Bench) -> None:
    bench.follow(canary(ERRORS))
    bench.count(1, 100, errors=1)
    bench.count(2, 20, errors=3)
    bench.guard.look()
    ending = bench.plan.ending
    assert ending is not None
    assert (ending.outcome, ending.version, ending.by) == ("rolled-back", 1, "server")
    assert ending.reason.startswith("error_rate of version 2 is 0.14, above 0.1, in the last 60 s")
    assert bench.in_force == bench.plan
    (line,) = log_file(bench.file).read_text().splitlines()
    logged = json.loads(line)
    assert (logged["model"], logged["action"], logged["by"]) == ("m", "rollback", "server")
    assert logged["reason"] == ending.reason


def test_a_challenger_within_its_limits_goes_on(bench: Bench) -> None:
    plan = canary(ERRORS)
    bench.follow(plan)
    bench.count(1, 100)
    bench.count(2, 20, errors=2)
    bench.guard.look()
    assert bench.plan == plan
    assert not log_file(bench.file).exists()


def test_an_engine_that_crashes_is_an_alarm_of_every_plan(bench: Bench) -> None:
    plan = canary()
    bench.follow(plan)
    bench.count(1, 100)
    bench.count(2, 20, errors=20)  # requests that no version could answer
    route = bench.router.route("m")
    assert route is not None
    for seen in (None, None, plan.ending):
        bench.guard.look()
        assert bench.plan.ending == seen
        route.watch.tally(2).crash(time.monotonic())
    bench.guard.look()
    assert bench.plan.ending is not None
    assert bench.plan.ending.reason == (
        "the engine of version 2 failed at 3 of 20 requests in the last 300 s, the champion's at 0 "
        "of 100"
    )


def test_a_label_is_judged_by_its_version(bench: Bench) -> None:
    bench.registry._labels = {"m": {"next": 2}}
    bench.follow(canary(ERRORS, arms=(Arm(1), Arm("next"))))
    bench.count(2, 20, errors=20)
    bench.guard.look()
    assert bench.plan.ending is not None


def test_an_alarm_may_hold(bench: Bench) -> None:
    bench.follow(canary(dataclasses.replace(ERRORS, action="hold")))
    bench.count(2, 20, errors=20)
    bench.guard.look()
    bench.guard.look()
    assert bench.plan.held is not None
    assert bench.plan.ending is None
    assert len(log_file(bench.file).read_text().splitlines()) == 1


def test_a_held_plan_is_still_rolled_back(bench: Bench) -> None:
    hold = dataclasses.replace(ERRORS, action="hold")
    bench.follow(canary(hold, dataclasses.replace(ERRORS, above=0.5)))
    bench.count(2, 20, errors=20)
    bench.guard.look()
    assert bench.plan.ending is not None


def test_nothing_to_hold_is_told_once(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    plan = ab("m", {1: 50, 2: 50}, alarms=(dataclasses.replace(ERRORS, action="hold"),))
    bench.follow(plan)
    bench.count(2, 20, errors=20)
    bench.guard.look()
    bench.guard.look()
    assert caplog.text.count("error_rate of version 2 is 1") == 1
    assert bench.plan == plan


def test_a_version_that_cannot_be_loaded_is_an_alarm(bench: Bench) -> None:
    add_version(bench.base, 3, "bad")
    bench.registry.poll()
    bench.follow(canary(arms=(Arm(1), Arm(3))))
    bench.guard.look()
    assert bench.plan.ending is not None
    assert bench.plan.ending.reason == "version 3 cannot be loaded: broken"


def test_a_version_that_is_not_there_yet_is_waited_for(bench: Bench) -> None:
    bench.follow(canary(arms=(Arm(1), Arm(9))))
    bench.guard.look()
    bench.follow(canary(arms=(Arm(1), Arm("unknown"))))
    bench.guard.look()
    assert bench.plan.ending is None


def test_a_plan_that_is_over_is_not_judged(bench: Bench) -> None:
    bench.follow(canary(ERRORS, started=0.0))
    bench.count(2, 20, errors=20)
    bench.guard.look()
    assert bench.plan.ending is None


def test_a_person_who_was_faster_wins(bench: Bench) -> None:
    bench.follow(canary(ERRORS))
    bench.count(2, 20, errors=20)
    newer = canary(ERRORS, salt="newer")
    put(bench.file, newer)  # and the server has not seen it
    bench.guard.look()
    assert bench.plan == newer
    assert not log_file(bench.file).exists()


def test_where_the_file_cannot_be_written_this_server_steps_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    plan = canary(ERRORS)
    bench.follow(plan)
    bench.count(2, 20, errors=20)

    def refuse(*_: Any) -> None:
        raise OSError(30, "Read-only file system", str(bench.file))

    monkeypatch.setattr("bert_aas.traffic.plans.files.write_text", refuse)
    bench.guard.look()
    assert bench.plan == plan
    assert bench.in_force.ending is not None
    assert "Read-only file system: so it is rolled back in this server alone" in caplog.text
    bench.guard.look()
    bench.router.poll()  # the file is as it was
    assert bench.in_force.ending is not None
    monkeypatch.undo()
    bench.follow(canary(salt="newer"))
    assert bench.in_force.ending is None


def test_the_guard_looks_again_and_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    looks: list[int] = []

    def look() -> None:
        looks.append(1)
        raise RuntimeError("once more")

    monkeypatch.setattr(bench.guard, "look", look)
    with caplog.at_level(logging.ERROR):
        bench.guard.start()
        wait_until(lambda: len(looks) > 2)
    bench.guard.stop()
    assert "The alarms of traffic could not be looked at." in caplog.text
