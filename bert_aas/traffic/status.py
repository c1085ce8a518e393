"""What a plan of traffic does at this moment, for people and programs."""

from collections.abc import Mapping
from typing import Any

from bert_aas.traffic.documents import to_text, write_plan
from bert_aas.traffic.plan import NEVER, Plan, is_over, next_change, shares_at, step_at


def plan_status(plan: Plan, now: float, serving: Mapping[str, int | None]) -> dict[str, Any]:
    """Describe a plan.

    Args:
        plan: The plan.
        now: Seconds since 1970.
        serving: By the name of each arm the number of its version, None if it does not serve.

    Returns:
        Values that JSON can hold: the plan as its file has it, and what follows from it now.
    """
    change = next_change(plan, now)
    arms = [
        {"name": arm.name, "share": share, "version": serving.get(arm.name)}
        for arm, share in zip(plan.arms, shares_at(plan, now), strict=True)
    ]
    return {
        "model": plan.model,
        "now": to_text(now),
        "arms": arms,
        "step": step_at(plan, now),
        "next_change": None if change == NEVER else to_text(change),
        "is_over": is_over(plan, now),
        "plan": write_plan(plan),
    }
