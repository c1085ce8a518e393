"""What servers say of a plan, with the feedback that they have counted."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from bert_aas.traffic.plans.plan import Arm, Plan, experiment_of
from bert_aas.traffic.status import plan_status


def bandit(*shares: float) -> Plan:
    """Return a bandit over versions 3, 4, ..., with these shares."""
    arms = tuple(Arm(number, share) for number, share in enumerate(shares, start=3))
    return Plan("bert", "bandit", arms, "s", 1000.0)


def ab(*shares: float) -> Plan:
    """Return an A/B plan over versions 3, 4, ..., with these shares."""
    return dataclasses.replace(bandit(*shares), strategy="ab")


def status(
    plan: Plan,
    chosen: Mapping[int, tuple[float, int]],
    server: str = "one",
    keys: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """Return what a server says that has counted so much for each version."""
    serving = {arm.name: int(arm.version) for arm in plan.arms}
    versions = [
        {"version": version, "chosen": {"total": total, "number": number}}
        for version, (total, number) in chosen.items()
    ]
    feedback = {"server": server, "experiment": experiment_of(plan), "versions": versions}
    found: dict[str, Any] = {**plan_status(plan, 2000.0, serving), "feedback": feedback}
    return found if keys is None else {**found, "keys": dict(keys)}
