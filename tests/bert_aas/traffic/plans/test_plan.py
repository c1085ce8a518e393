import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_aas.traffic.plans.plan import (
    NEVER,
    Arm,
    Ending,
    Plan,
    Step,
    experiment_of,
    is_over,
    next_change,
    shares_at,
    step_at,
)
from tests.bert_aas.traffic.some_plans import canary, plans, shared


@pytest.mark.parametrize(
    ("now", "step", "share", "next_at"),
    [
        (999.0, None, 0.0, 1000.0),
        (1000.0, 0, 5.0, 1060.0),
        (1059.9, 0, 5.0, 1060.0),
        (1060.0, 1, 25.0, 1180.0),
        (1179.9, 1, 25.0, 1180.0),
        (1180.0, 2, 100.0, NEVER),
        (9999.0, 2, 100.0, NEVER),
    ],
)
def test_the_clock_alone_moves_a_canary(
    now: float, step: int | None, share: float, next_at: float
) -> None:
    plan = canary()
    assert step_at(plan, now) == step
    assert shares_at(plan, now) == (100.0 - share, share)
    assert next_change(plan, now) == next_at


def test_a_canary_is_over_when_its_last_step_has_baked() -> None:
    assert not is_over(canary(), 1239.9)
    assert is_over(canary(), 1240.0)
    assert not is_over(canary(held=1100.0), 9999.0)
    assert is_over(canary(ending=Ending("promoted", 2, 1100.0)), 1100.0)
    assert not is_over(shared(50, 50), 9999.0)


def test_a_held_plan_stands_still() -> None:
    held = canary(held=1100.0)
    assert shares_at(held, 5000.0) == (75.0, 25.0)
    assert next_change(held, 5000.0) == NEVER


def test_the_end_gives_all_to_one() -> None:
    assert shares_at(canary(ending=Ending("rolled-back", 1, 1010.0)), 1100.0) == (100.0, 0.0)
    three = dataclasses.replace(shared(40, 30, 30), ending=Ending("promoted", 3, 1010.0))
    assert shares_at(three, 1100.0) == (0.0, 0.0, 100.0)
    assert next_change(canary(ending=Ending("promoted", 2, 1010.0)), 1010.0) == NEVER


def test_other_strategies_know_no_clock() -> None:
    assert shares_at(shared(60, 30, 10), 0.0) == (60.0, 30.0, 10.0)
    shadow = Plan("m", "shadow", (Arm(1), Arm(2), Arm("next")), "s", 1000.0)
    assert shares_at(shadow, 2000.0) == (100.0, 0.0, 0.0)
    assert (step_at(shadow, 2000.0), next_change(shadow, 2000.0)) == (None, NEVER)
    green = Plan("m", "blue-green", (Arm(1), Arm(2)), "s", 1000.0, (Step(100.0, 600.0),))
    assert shares_at(green, 999.0) == (100.0, 0.0)
    assert shares_at(green, 1000.0) == (0.0, 100.0)


@given(plan=plans(), now=st.floats(0, 5e9))
def test_shares_are_always_the_whole_and_change_when_it_is_said(plan: Plan, now: float) -> None:
    shares = shares_at(plan, now)
    assert sum(shares) == pytest.approx(100.0)
    assert min(shares) >= 0
    change = next_change(plan, now)
    assert change > now
    if change != NEVER:
        assert shares_at(plan, (now + change) / 2) == shares or (now + change) / 2 >= change


def test_other_shares_are_another_test_but_the_same_bandit() -> None:
    first, second = shared(50, 50), shared(80, 20)
    assert experiment_of(first) != experiment_of(second)
    assert experiment_of(first) != experiment_of(dataclasses.replace(first, salt="other"))
    assert experiment_of(first) != experiment_of(dataclasses.replace(first, started=1001.0))
    learnt = [dataclasses.replace(plan, strategy="bandit") for plan in (first, second)]
    assert experiment_of(learnt[0]) == experiment_of(learnt[1])
