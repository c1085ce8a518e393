"""The verdict on the challengers of a plan, from what one or several servers have counted."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bert_aas.traffic.statistics.intervals import Interval, Rewards, rate_interval
from bert_aas.traffic.statistics.sample_ratio import log_ratio_evidence
from bert_aas.traffic.statistics.verdict import ALPHA, ArmRewards, Verdict, judge

_EVEN = 50.0


@dataclass(frozen=True)
class JudgedArm:
    """What is known of one arm.

    Attributes:
        name: The arm.
        rewards: Of answers whose version the plan chose, from all servers.
        interval: Where its mean reward lies, at all times at once.
    """

    name: str
    rewards: Rewards
    interval: Interval


@dataclass(frozen=True)
class Judged:
    """What is known of a plan.

    Attributes:
        arms: The champion first.
        verdicts: One per challenger.
    """

    arms: tuple[JudgedArm, ...]
    verdicts: tuple[Verdict, ...]


def judge_statuses(statuses: Sequence[Mapping[str, Any]]) -> Judged | None:
    """Judge the challengers of a plan.

    Args:
        statuses: What `GET /v1/models/NAME/traffic` of each server says, all of the same plan.

    Returns:
        What is known; None if no server takes feedback, or there is no challenger.
    """
    told = [status for status in statuses if "feedback" in status]
    if not told or len(told[0]["arms"]) <= 1:
        return None
    arms = [_arm(told, place) for place in range(len(told[0]["arms"]))]
    verdicts = judge(arms, log_evidence_of_keys(told), ALPHA)
    judged = [JudgedArm(arm.name, arm.rewards, rate_interval(arm.rewards)) for arm in arms]
    return Judged(tuple(judged), tuple(verdicts))


def rewards_of(status: Mapping[str, Any]) -> dict[str, Rewards]:
    """Read what the plan's answers got, as one server has counted it.

    Args:
        status: What the server says of the plan.

    Returns:
        Rewards by the name of the arm.
    """
    by_version = {
        one["version"]: Rewards(one["chosen"]["total"], one["chosen"]["number"])
        for one in status["feedback"]["versions"]
    }
    return {arm["name"]: by_version.get(_version(arm), Rewards()) for arm in status["arms"]}


def log_evidence_of_keys(statuses: Sequence[Mapping[str, Any]]) -> float:
    """Weigh the keys of the arms against the planned shares.

    A key may reach several servers, so their counts are no independent ones; an average of evidence
    is evidence all the same.

    Args:
        statuses: What the servers say of the plan.

    Returns:
        The natural logarithm of the evidence; 0 where the shares of the plan change, or no server
        counts keys.
    """
    found = []
    for status in statuses:
        keys = status.get("keys")
        if keys and status["plan"]["strategy"] == "ab":
            arms = status["arms"]
            counts = [keys.get(arm["name"], 0) for arm in arms]
            found.append(log_ratio_evidence(counts, [arm["share"] for arm in arms]))
    if not found:
        return 0.0
    return float(np.logaddexp.reduce(found)) - math.log(len(found))


def _arm(statuses: Sequence[Mapping[str, Any]], place: int) -> ArmRewards:
    first = statuses[0]
    arm = first["arms"][place]
    rewards = sum((rewards_of(status)[arm["name"]] for status in statuses), Rewards())
    # The direction of the test must stay the same for as long as the plan runs.
    share = arm["share"] if first["plan"]["strategy"] == "ab" else _EVEN
    return ArmRewards(arm["name"], share or _EVEN, rewards)


def _version(arm: Mapping[str, Any]) -> Any:
    """Return the number of an arm's version, also of one that does not serve any more."""
    if arm["version"] is not None:
        return arm["version"]
    return int(arm["name"]) if arm["name"].isdigit() else None
