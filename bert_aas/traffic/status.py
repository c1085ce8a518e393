"""What a plan of traffic does at this moment, for people and programs."""

from collections.abc import Mapping
from typing import Any

from bert_aas.traffic.figures import Figures
from bert_aas.traffic.plans.documents import write_plan
from bert_aas.traffic.plans.plan import NEVER, Plan, is_over, next_change, shares_at, step_at
from bert_aas.traffic.plans.values import to_text

RECENT_S = 300.0
"""The window of the figures that are shown, seconds."""

_MS = 1000.0
_DIGITS = 6


def plan_status(
    plan: Plan,
    now: float,
    serving: Mapping[str, int | None],
    figures: Mapping[int, Figures] | None = None,
) -> dict[str, Any]:
    """Describe a plan.

    Args:
        plan: The plan.
        now: Seconds since 1970.
        serving: By the name of each arm the number of its version, None if it does not serve.
        figures: By version what it did in the last five minutes.

    Returns:
        Values that JSON can hold: the plan as its file has it, and what follows from it now.
    """
    change = next_change(plan, now)
    known = figures or {}
    arms = []
    for arm, share in zip(plan.arms, shares_at(plan, now), strict=True):
        version = serving.get(arm.name)
        number = arm.version if version is None else version
        told = figures_json(known[number]) if number in known else None  # type: ignore[index]
        arms.append({"name": arm.name, "share": share, "version": version, "recent": told})
    return {
        "model": plan.model,
        "now": to_text(now),
        "arms": arms,
        "step": step_at(plan, now),
        "next_change": None if change == NEVER else to_text(change),
        "is_over": is_over(plan, now),
        "plan": write_plan(plan),
    }


def figures_json(figures: Figures) -> dict[str, Any]:
    """Describe what an arm did.

    Args:
        figures: Its counts.

    Returns:
        Values that JSON can hold; None for what is not known.
    """
    p50, p99 = figures.quantile_s(0.5), figures.quantile_s(0.99)
    return {
        "requests": figures.requests,
        "errors": figures.errors,
        "p50_ms": None if p50 is None else round(p50 * _MS, _DIGITS),
        "p99_ms": None if p99 is None else round(p99 * _MS, _DIGITS),
        "mean_confidence": _rounded(figures.mean_confidence),
        "compared": figures.compared,
        "disagreement": _rounded(figures.disagreement),
        "rewarded": figures.rewarded,
        "mean_reward": _rounded(figures.mean_reward),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
