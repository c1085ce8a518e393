"""A bandit over servers: their counts come in, the shares of the plan go out."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.traffic.judging import rewards_of
from bert_aas.traffic.plans.plan import Plan, PlanError, experiment_of
from bert_aas.traffic.statistics import thompson
from bert_aas.traffic.statistics.intervals import Rewards
from bert_aas.traffic.statistics.thompson import Bandit

_SERVERS = 1000  # that were read last; each start of a server counts as one

Seen = Mapping[str, Mapping[str, Rewards]]


@dataclass(frozen=True)
class Learner:
    """What a bandit has learnt, and how far it has read.

    Attributes:
        experiment: The plan that it learns for.
        bandit: What it has learnt.
        seen: By server, and by arm, the rewards that it has counted already.
    """

    experiment: str
    bandit: Bandit
    seen: Seen = dataclasses.field(default_factory=dict)


def learner_for(plan: Plan, minimum_share: float, half_life: float) -> Learner:
    """Begin to learn for a plan.

    Args:
        plan: The plan.
        minimum_share: Percent for each version at least.
        half_life: In rewards; infinite forgets nothing.

    Returns:
        A learner that knows nothing.

    Raises:
        PlanError: If the plan is none of a bandit, or has ended.
        InvalidInputError: If a number is out of its limits.
    """
    check_bandit(plan)
    bandit = thompson.start([arm.name for arm in plan.arms], minimum_share, half_life)
    return Learner(experiment_of(plan), bandit)


def check_bandit(plan: Plan) -> None:
    """Refuse a plan whose shares are not to be learnt.

    Args:
        plan: The plan.

    Raises:
        PlanError: If it is none of a bandit, or has ended.
    """
    if plan.strategy != "bandit":
        raise PlanError(f"the plan of {plan.model} is {plan.strategy}; only a bandit learns shares")
    if plan.ending is not None:
        raise PlanError(f"the plan of {plan.model} has ended; nothing is left to learn")


def read_counts(learner: Learner, statuses: Sequence[Mapping[str, Any]]) -> Learner:
    """Learn from what servers have counted since the last time.

    A server that was started anew counts from zero, and has another name. One that follows another
    plan at the moment is passed by.

    Args:
        learner: What is known.
        statuses: What each server says of the plan.

    Returns:
        What is known now.
    """
    news: dict[str, Rewards] = {}
    seen = dict(learner.seen)
    for status in statuses:
        feedback = status.get("feedback")
        if feedback is None or feedback["experiment"] != learner.experiment:
            continue
        counted = rewards_of(status)
        before = seen.get(feedback["server"], {})
        for name, rewards in counted.items():
            old = before.get(name, Rewards())
            news[name] = news.get(name, Rewards()) + _more(old, rewards)
        seen.pop(feedback["server"], None)
        seen[feedback["server"]] = counted
    seen = dict(list(seen.items())[-_SERVERS:])
    return dataclasses.replace(learner, bandit=thompson.learn(learner.bandit, news), seen=seen)


def _more(before: Rewards, now: Rewards) -> Rewards:
    """Return what has come since; nothing, if a server that broke down has forgotten some."""
    number = max(0.0, now.number - before.number)
    return Rewards(min(max(0.0, now.total - before.total), number), number)


def with_learnt_shares(plan: Plan, bandit: Bandit) -> Plan:
    """Write what a bandit has learnt into its plan.

    Args:
        plan: The plan.
        bandit: What it has learnt about the arms of the plan.

    Returns:
        The plan with other shares.
    """
    shares = thompson.shares(bandit)
    arms = tuple(dataclasses.replace(arm, share=shares[arm.name]) for arm in plan.arms)
    return dataclasses.replace(plan, arms=arms)


def to_document(learner: Learner) -> dict[str, Any]:
    """Write a learner as plain JSON values.

    Args:
        learner: The learner.

    Returns:
        What `json.dumps` takes.
    """
    seen = {
        server: {name: [one.total, one.number] for name, one in counted.items()}
        for server, counted in learner.seen.items()
    }
    bandit = thompson.to_document(learner.bandit)
    return {"experiment": learner.experiment, "bandit": bandit, "seen": seen}


def from_document(document: object) -> Learner:
    """Read a learner.

    Args:
        document: As `to_document` wrote it.

    Returns:
        The learner.

    Raises:
        InvalidInputError: If it is none.
    """
    if not isinstance(document, dict):
        raise InvalidInputError("This is no state of a bandit: it is no JSON object.")
    try:
        seen = {
            str(server): {str(name): Rewards(*map(float, pair)) for name, pair in counted.items()}
            for server, counted in document["seen"].items()
        }
        experiment = str(document["experiment"])
        bandit = document["bandit"]
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise InvalidInputError(f"This is no state of a bandit: {exc}.") from exc
    return Learner(experiment, thompson.from_document(bandit), seen)
