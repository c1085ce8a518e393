from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_aas.traffic.plans.changing import (
    Shape,
    answering,
    begin,
    hold,
    pinned,
    promote,
    resume,
    roll_back,
)
from bert_aas.traffic.plans.documents import read_plan, write_plan
from bert_aas.traffic.plans.plan import Arm, Ending, PlanError, Step, shares_at
from tests.bert_aas.traffic.some_plans import canary, shared

BY_ANN = Ending("promoted", "", 1100.0, "ann", "it is better")


@pytest.mark.parametrize(
    ("shape", "steps"),
    [
        (Shape("blue-green", bake_s=60.0), [100]),
        (Shape("canary"), [5, 25, 100]),
        (Shape("canary", (1.0, 50.0)), [1, 50]),
        (Shape("linear"), [20, 40, 60, 80, 100]),
        (Shape("linear", (30.0,)), [30, 60, 90, 100]),
        (Shape("linear", (100.0,)), [100]),
    ],
)
def test_stepwise_plans(shape: Shape, steps: list[int]) -> None:
    plan = begin("m", 1, [2], shape, 1000.0)
    assert plan.steps == tuple(Step(float(share), shape.bake_s) for share in steps)
    assert (plan.arms, plan.started) == ((Arm(1), Arm(2)), 1000.0)


@pytest.mark.parametrize(
    ("challengers", "shares", "expected"),
    [
        ([2], (), (50.0, 50.0)),
        ([2, 3], (), (33.34, 33.33, 33.33)),
        ([2, "next"], (10.0, 20.5), (69.5, 10.0, 20.5)),
    ],
)
def test_shares_of_an_ab_test(
    challengers: list[int | str], shares: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    plan = begin("m", 1, challengers, Shape("ab", shares=shares), 1000.0)
    assert shares_at(plan, 1000.0) == expected


def test_every_plan_has_a_salt_of_its_own() -> None:
    first, second = (begin("m", 1, [2], Shape("canary"), 1000.0) for _ in range(2))
    assert first.salt != second.salt


@pytest.mark.parametrize(
    ("shape", "challengers", "sentence"),
    [
        (Shape("ab", shares=(60.0, 60.0)), [2, 3], "have 120 %; 100 % are there"),
        (Shape("ab", shares=(60.0,)), [2, 3], "has 2 challengers and 1 shares"),
        (Shape("ab", steps=(5.0,)), [2], "steps are for canary and linear; ab has none"),
        (Shape("canary", shares=(5.0,)), [2], "shares are for ab and bandit; canary of m has"),
        (Shape("linear", (5.0, 10.0)), [2], "linear takes one step of 1 to 100 %"),
        (Shape("linear", (0.0,)), [2], "linear takes one step of 1 to 100 %"),
        (Shape("canary", (50.0, 5.0)), [2], "must grow; they are 50, 5"),
        (Shape("canary", bake_s=0.0), [2], "needs a bake_s of more than 0 seconds"),
        (Shape("blue-green", (5.0,)), [2], "blue-green has one step of 100 %"),
        (Shape("canary"), [2, 3], "one champion and one challenger, not 3 arms"),
        (Shape("canary"), [1], "version 1 is there twice"),
    ],
)
def test_what_does_not_fit(shape: Shape, challengers: list[int | str], sentence: str) -> None:
    with pytest.raises(PlanError, match=sentence):
        begin("m", 1, challengers, shape, 1000.0)


def test_a_held_plan_goes_on_where_it_stood() -> None:
    held = hold(canary(), 1090.0)  # 30 s of the second step have passed
    assert hold(held, 2000.0) == held
    again = resume(held, 5000.0)
    assert (again.held, again.started) == (None, 1000.0 + 3910.0)
    assert shares_at(again, 5089.9) == (75.0, 25.0)
    assert shares_at(again, 5090.0) == (0.0, 100.0)
    assert resume(canary(), 1090.0) == canary()
    with pytest.raises(PlanError, match="is ab, which has no steps to hold"):
        hold(shared(50, 50), 1.0)


def test_a_challenger_is_promoted() -> None:
    plan = promote(canary(), None, BY_ANN)
    assert plan.ending == Ending("promoted", 2, 1100.0, "ann", "it is better")
    assert promote(shared(40, 30, 30), 3, BY_ANN).ending == Ending(
        "promoted", 3, 1100.0, "ann", "it is better"
    )


@pytest.mark.parametrize(
    ("version", "sentence"),
    [(None, "challengers of m are 2, 3; name one"), (1, "challengers of m are 2, 3, not 1; name")],
)
def test_only_a_challenger_can_be_promoted(version: int | None, sentence: str) -> None:
    with pytest.raises(PlanError, match=sentence):
        promote(shared(40, 30, 30), version, BY_ANN)


def test_the_champion_comes_back_also_after_a_promotion() -> None:
    back = roll_back(promote(canary(), None, BY_ANN), BY_ANN)
    assert back.ending == Ending("rolled-back", 1, 1100.0, "ann", "it is better")
    assert roll_back(back, Ending("promoted", "", 9999.0)) == back


@pytest.mark.parametrize("change", [promote, hold, resume])
def test_what_has_ended_is_over(change: Any) -> None:
    arguments = (None, BY_ANN) if change is promote else (2000.0,)
    with pytest.raises(PlanError, match=r"m was rolled back at 1970-.*, so it cannot be "):
        change(roll_back(canary(), BY_ANN), *arguments)


def test_who_answers_everything() -> None:
    assert answering(canary(), 1100.0) is None
    assert answering(canary(), 1239.0) is None  # the last step still bakes
    assert answering(canary(), 1240.0) == 2
    assert answering(canary(steps=(Step(5.0), Step(25.0))), 9999.0) is None
    assert answering(shared(50, 50), 9999.0) is None
    assert answering(roll_back(canary(), BY_ANN), 1100.0) == 1


def test_a_pinned_version_answers_alone() -> None:
    plan = pinned("m", 7, "ab", 1000.0, "another version is being deployed")
    assert shares_at(plan, 1.0) == (100.0,)
    assert answering(plan, 1.0) == 7
    assert read_plan("m", write_plan(plan)) == plan


@given(when=st.floats(1000, 1300), pause=st.floats(0, 1e6), later=st.floats(0, 300))
def test_a_pause_changes_nothing_but_the_time(when: float, pause: float, later: float) -> None:
    paused = resume(hold(canary(), when), when + pause)
    near = any(abs(when + later - change) < 0.001 for change in (1000.0, 1060.0, 1180.0))
    assert near or shares_at(paused, when + pause + later) == shares_at(canary(), when + later)
