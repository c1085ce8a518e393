import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bert_aas.traffic.plans.plan import Arm, Ending, Plan, Step
from serving.errors import SettingsError
from serving.routing.router import Route, Router, RoutingOptions, describe
from tests.serving.routing.plan_files import ab, put, put_text
from tests.serving.version_folders import wait_until

CANARY = Plan("m", "canary", (Arm(1), Arm(2)), "s", 1000.0, (Step(1.0, 60.0), Step(100.0)))


class Session:
    """A request with a header `x-session-id`, which must be all that is asked of it."""

    def __init__(self, key: bytes, header: str = "x-session-id") -> None:
        self.key = key
        self.expected = header

    def header(self, name: str) -> bytes:
        assert name == self.expected
        return self.key

    def texts(self) -> Iterator[bytes]:
        raise AssertionError("the texts are not needed")

    def content(self) -> bytes:
        raise AssertionError("the content is not needed")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "traffic.json"


@pytest.fixture
def router(file: Path) -> Router:
    return Router(RoutingOptions(file))


def plan_of(router: Router, model: str = "m") -> Plan | None:
    route = router.route(model)
    return None if route is None else route.plan


def test_plans_are_swapped_as_a_whole(router: Router, file: Path) -> None:
    calls: list[Plan | None] = []
    router.changed = lambda: calls.append(plan_of(router))
    put(file, ab("m", {1: 50, 2: 50}), ab("n", {1: 50, 3: 50}))
    router.poll()
    assert plan_of(router, "n") == ab("n", {1: 50, 3: 50})
    put(file, ab("m", {1: 90, 2: 10}))
    router.poll()
    router.poll()
    assert (plan_of(router), plan_of(router, "n")) == (ab("m", {1: 90, 2: 10}), None)
    assert calls == [ab("m", {1: 50, 2: 50}), ab("m", {1: 90, 2: 10})]


def test_a_plan_that_stays_keeps_its_route(router: Router, file: Path) -> None:
    put(file, ab("m", {1: 50, 2: 50}))
    router.poll()
    route = router.route("m")
    put(file, ab("m", {1: 50, 2: 50}), ab("n", {1: 50, 2: 50}))
    router.poll()
    assert router.route("m") is route


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "cannot be read: Expecting property name"),
        ('{"models": {"m": {"strategy": "red"}}}', "strategy is 'red'; known are "),
        (None, "is gone"),
    ],
)
def test_a_wrong_file_is_refused_in_a_sentence_and_the_old_plans_stay(
    router: Router, file: Path, caplog: pytest.LogCaptureFixture, text: str | None, what: str
) -> None:
    put(file, ab("m", {1: 50, 2: 50}))
    router.poll()
    if text is None:
        file.unlink()
    else:
        put_text(file, text)
    caplog.clear()
    router.poll()
    router.poll()
    assert plan_of(router) == ab("m", {1: 50, 2: 50})
    (record,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert what in record.getMessage()
    put(file, ab("m", {1: 90, 2: 10}))
    router.poll()
    assert plan_of(router) == ab("m", {1: 90, 2: 10})


def test_the_first_file_may_be_missing_but_not_wrong(
    router: Router, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    router.read_first()
    assert plan_of(router) is None
    put_text(file, "[]")
    with pytest.raises(SettingsError, match=r"^--traffic_config_file: .*the plan file is \[\]"):
        router.read_first()
    put(file, ab("m", {1: 50, 2: 50}))
    router.read_first()
    assert plan_of(router) is not None


def test_the_file_is_followed(file: Path) -> None:
    router = Router(RoutingOptions(file, poll_wait_s=0.01))
    router.start()
    put(file, ab("m", {1: 50, 2: 50}))
    wait_until(lambda: plan_of(router) is not None)
    router.stop()


def test_versions_of_a_plan_are_those_of_the_file_at_this_moment(
    router: Router, file: Path
) -> None:
    assert router.versions("m") == frozenset()
    put(file, ab("m", {1: 50, "next": 50}))
    assert router.versions("m") == {1, "next"}
    assert router.versions("other") == frozenset()


def test_with_no_polling_the_file_is_read_once(file: Path) -> None:
    router = Router(RoutingOptions(file, poll_wait_s=0))
    put(file, ab("m", {1: 50, 2: 50}))
    assert router.versions("m") == frozenset()
    router.start()
    router.read_first()
    assert router.versions("m") == {1, 2}


def test_the_clock_moves_a_route(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("serving.routing.router.time.time", lambda: now)
    route = Route(CANARY, "X-Session-Id")
    sessions = [Session(b"%d" % number) for number in range(500)]
    early = [route.arm(one).version for one in sessions]
    assert early.count(2) < 25
    now = 1060.0
    assert {route.arm(one).version for one in sessions} == {2}


def test_the_header_is_the_plans_or_else_the_servers() -> None:
    plan = ab("m", {1: 50, 2: 50}, key_header="X-User")
    assert Route(plan, "X-Session-Id").arm(Session(b"k", "x-user"))
    assert Route(ab("m", {1: 50, 2: 50}), "X-Key").arm(Session(b"k", "x-key"))


def test_what_asks_no_model_gets_the_champion() -> None:
    assert Route(ab("m", {1: 0, 2: 100}), "x").arm(None).version == 1


def test_plans_in_words() -> None:
    assert describe(CANARY) == "traffic is shared out by canary, 2 against 1"
    assert describe(None) == "there is no plan of traffic any more"
    ended = ab("m", {1: 50, 2: 50}, ending=Ending("rolled-back", 1, 0.0, "ann", "too slow"))
    assert describe(ended) == "traffic is rolled back, version 1 answers: too slow"
