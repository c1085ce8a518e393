import dataclasses
import json
from typing import Any

import pytest

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.traffic.learning import (
    Learner,
    from_document,
    learner_for,
    read_counts,
    to_document,
    with_learnt_shares,
)
from bert_aas.traffic.plans.checking import check_plan
from bert_aas.traffic.plans.plan import Ending, PlanError, shares_at
from bert_aas.traffic.statistics.intervals import Rewards
from tests.bert_aas.traffic.counted import ab, bandit, status

PLAN = bandit(50, 50)
NEVER_FORGETS = float("inf")


@pytest.fixture
def learner() -> Learner:
    return learner_for(PLAN, 1.0, NEVER_FORGETS)


def test_what_was_read_is_not_counted_again(learner: Learner) -> None:
    first = status(PLAN, {3: (60.0, 100)})
    later = status(PLAN, {3: (61.0, 102), 4: (5.0, 7)})

    after = read_counts(read_counts(learner, [first]), [later])

    assert after.bandit.rewards == {"3": Rewards(61, 102), "4": Rewards(5, 7)}
    assert read_counts(after, [later]).bandit == after.bandit


def test_servers_count_apart_and_a_new_start_counts_from_zero(learner: Learner) -> None:
    once = read_counts(learner, [status(PLAN, {3: (60.0, 100)}), status(PLAN, {3: (6.0, 10)}, "2")])

    again = read_counts(once, [status(PLAN, {3: (1.0, 1)}, "one, started anew")])

    assert once.bandit.rewards["3"] == Rewards(66, 110)
    assert again.bandit.rewards["3"] == Rewards(67, 111)


def test_a_server_that_forgot_some_counts_takes_nothing_back(learner: Learner) -> None:
    once = read_counts(learner, [status(PLAN, {3: (60.0, 100)})])

    again = read_counts(once, [status(PLAN, {3: (55.0, 90)})])

    assert again.bandit == once.bandit


def test_servers_with_another_plan_or_without_feedback_are_passed_by(learner: Learner) -> None:
    other = status(dataclasses.replace(PLAN, salt="other"), {3: (60.0, 100)})
    silent = status(PLAN, {3: (60.0, 100)})
    del silent["feedback"]

    assert read_counts(learner, [other, silent]) == learner


def test_shares_follow_what_was_learnt(learner: Learner) -> None:
    learnt = read_counts(learner, [status(PLAN, {3: (600.0, 1000), 4: (800.0, 1000)})])

    plan = with_learnt_shares(PLAN, learnt.bandit)

    check_plan(plan)
    assert shares_at(plan, 2000.0) == (1.0, 99.0)
    assert dataclasses.replace(plan, arms=PLAN.arms) == PLAN


def test_the_state_survives_json(learner: Learner) -> None:
    learnt = read_counts(learner, [status(PLAN, {3: (60.5, 100), 4: (5.0, 7)})])

    assert from_document(json.loads(json.dumps(to_document(learnt), allow_nan=False))) == learnt


def test_only_a_bandit_that_runs_learns() -> None:
    ended = dataclasses.replace(PLAN, ending=Ending("promoted", 4, 1500.0))

    with pytest.raises(PlanError, match="the plan of bert is ab; only a bandit learns shares"):
        learner_for(ab(50, 50), 1.0, 100.0)
    with pytest.raises(PlanError, match="has ended; nothing is left to learn"):
        learner_for(ended, 1.0, 100.0)
    with pytest.raises(InvalidInputError, match="minimum share of 60 % does not fit"):
        learner_for(PLAN, 60.0, 100.0)


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"experiment": "", "bandit": {}, "seen": []},
        {"experiment": "", "bandit": {}, "seen": {"a": {"3": ["x", 1]}}},
        {"experiment": "", "bandit": {}, "seen": {"a": {"3": 1}}},
        {"experiment": "", "bandit": {}, "seen": {}},
    ],
)
def test_a_state_that_is_none_is_refused(document: Any) -> None:
    with pytest.raises(InvalidInputError, match="This is no state of a bandit"):
        from_document(document)
