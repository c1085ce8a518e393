import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_aas.traffic.plans.documents import read_plan, read_plans, write_plan, write_plans
from bert_aas.traffic.plans.plan import Arm, Plan, PlanError, Step
from tests.bert_aas.traffic.some_plans import canary, plans

CANARY: dict[str, Any] = {
    "strategy": "canary",
    "arms": [{"version": 3}, {"label": "next"}],
    "salt": "s",
    "started": "2026-11-30T20:00:00Z",
    "steps": [{"share": 5, "bake_s": 60}, {"share": 100}],
}
ALARM: dict[str, Any] = {"measure": "error_rate", "above": 0.02}
AB: dict[str, Any] = {
    "strategy": "ab",
    "arms": [{"version": 3, "share": 60}, {"version": 4, "share": 40}],
    "salt": "s",
    "started": "2026-11-30T20:00:00Z",
}


def test_a_plan_is_read() -> None:
    plan = read_plan("m", CANARY)
    started = datetime(2026, 11, 30, 20, tzinfo=timezone.utc).timestamp()
    steps = (Step(5.0, 60.0), Step(100.0))
    assert plan == Plan("m", "canary", (Arm(3), Arm("next")), "s", started, steps)


@given(plan=plans())
def test_what_is_written_is_read_back(plan: Plan) -> None:
    text = json.dumps(write_plans({plan.model: plan}))
    assert read_plans(json.loads(text)) == {plan.model: plan}


@given(
    document=st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*CANARY, "version", "share"]), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_nonsense_is_one_sentence(document: Any) -> None:
    with pytest.raises(PlanError, match=r"^the plan[^\n]*$"):
        read_plans({"models": {"m": document}} if isinstance(document, dict) else document)


def test_times_of_yaml_and_of_other_zones() -> None:
    zone = timezone(timedelta(hours=2))
    written = {**CANARY, "started": datetime(2026, 11, 30, 22, tzinfo=zone)}
    assert read_plan("m", written) == read_plan("m", CANARY)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"stpes": []}, "'stpes' is unknown; known are alarms, arms, ending, held, "),
        ({"strategy": "red"}, "strategy is 'red'; known are blue-green, canary, linear, ab, "),
        ({"strategy": None}, "strategy is missing; known are "),
        ({"salt": ""}, "salt is empty"),
        ({"salt": 7}, "salt is 7; it must be a text"),
        ({"started": "noon"}, "started is 'noon'; it must be a time like 2026"),
        ({"started": "2026-11-30T20:00:00"}, "it must be a time like 2026"),
        ({"started": datetime(2026, 1, 1)}, "it must be a time like 2026"),
        ({"arms": [{"version": 3}]}, "it has 1 arms; it needs a champion and a challenger"),
        ({"arms": {"version": 3}}, "arms: {'version': 3} is no list"),
        ({"arms": [3, 4]}, r"arms\[0\] is 3; it must be an object"),
        ({"arms": [{"version": 3}, {}]}, r"arms\[1\] needs a version or a label, one of both"),
        ({"arms": [{"version": 3}, {"version": 3}]}, "version 3 is there twice"),
        ({"arms": [{"version": 3}, {"label": "3"}]}, "version 3 is there twice"),
        ({"arms": [{"version": 3}, {"version": -1}]}, "must be the number of a version folder"),
        ({"arms": [{"version": 3}, {"version": True}]}, "must be the number of a version folder"),
        ({"arms": [{"version": 3}, {"version": 2**63}]}, "must be the number of a version folder"),
        ({"arms": [{"version": n} for n in (1, 2, 3)]}, "canary has one champion and one chal"),
        ({"arms": [{"version": 3}, {"version": 4, "share": 5}]}, "arms of canary have no share"),
        ({"steps": []}, "canary needs steps"),
        ({"steps": [{"share": 25, "bake_s": 1}, {"share": 5}]}, "must grow; they are 25, 5"),
        ({"steps": [{"share": 5, "bake_s": 1}, {"share": 5}]}, "must grow; they are 5, 5"),
        ({"steps": [{"share": 0, "bake_s": 1}]}, "the first step must be more than 0 %"),
        ({"steps": [{"share": 5}, {"share": 100}]}, "needs a bake_s of more than 0 seconds"),
        ({"steps": [{"share": 101}]}, r"steps\[0\]: share is 101; it is in percent, 0 to 100"),
        ({"steps": [{"share": float("nan")}]}, "share is nan; it must be a number from 0 on"),
        ({"steps": [{"share": "5"}]}, "share is '5'; it must be a number from 0 on"),
        ({"strategy": "blue-green"}, "blue-green has one step of 100 %"),
        ({"strategy": "shadow"}, "shadow has no steps"),
        ({"key_header": "a b"}, "key_header is 'a b', which is no name of a header"),
        ({"alarms": [{"measure": "x"}]}, r"alarms\[0\]: measure is 'x'; known are error_rate"),
        ({"alarms": [{"measure": "p99_ratio"}]}, r"alarms\[0\]: above is missing; it must be a"),
        ({"alarms": [{**ALARM, "window_s": 0}]}, "window_s is 0; it is at most 3600"),
        ({"alarms": [{**ALARM, "min_samples": 0.5}]}, "min_samples is 0.5; it must be 1 or more"),
        ({"alarms": [{**ALARM, "action": "shout"}]}, "action is 'shout'; known are rollback, hold"),
        ({"load": 5}, "load is for shadow; canary makes no copies"),
        ({"load": 0, "strategy": "shadow", "steps": []}, "load must be more than 0 %"),
        ({"load": 101}, "load is 101; it is in percent, 0 to 100"),
        ({"held": "x"}, "held is 'x'; it must be a time"),
        (
            {"ending": {"outcome": "promoted", "version": 9, "at": "2026-11-30T20:00:00Z"}},
            "it ended with 9, which is none of its arms",
        ),
        ({"ending": {"outcome": "lost"}}, "ending needs a version or a label"),
    ],
)
def test_each_fault_has_its_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(PlanError, match=rf"^the plan of m[: ].*{sentence}"):
        read_plan("m", {**CANARY, **changes})


@pytest.mark.parametrize(
    ("shares", "sentence"),
    [((60, 50), "the shares are 110 % together, not 100 %"), ((60, None), "needs a share in per")],
)
def test_shares_of_an_ab_test(shares: tuple[int | None, ...], sentence: str) -> None:
    arms = [{"version": n, "share": share} for n, share in enumerate(shares)]
    with pytest.raises(PlanError, match=sentence):
        read_plan("m", {**AB, "arms": arms})


def test_a_file_of_plans_has_models() -> None:
    with pytest.raises(PlanError, match=r'^the plan file needs "models"'):
        read_plans({})
    with pytest.raises(PlanError, match=r"^a model's name is empty$"):
        read_plans({"models": {"": CANARY}})
    assert read_plans({"models": {}}) == {}


def test_what_is_not_set_is_not_written() -> None:
    assert set(write_plan(canary())) == {"strategy", "arms", "salt", "started", "steps"}
