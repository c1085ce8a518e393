"""What a plan says as a whole: do its parts fit together?"""

from bert_aas.traffic.plans.plan import (
    SHARED_OUT,
    STEPWISE,
    USUAL_LOAD,
    WHOLE,
    Plan,
    PlanError,
)
from bert_aas.traffic.plans.values import listed

_MAX_ARMS = 16
_TOLERANCE = 1e-6
_TWO = 2
_SHARED_BY_STEPS = "the shares of its steps"


def check_plan(plan: Plan) -> None:
    """Check what a plan says as a whole.

    Args:
        plan: The plan.

    Raises:
        PlanError: If its parts do not fit together.
    """
    where = f"the plan of {plan.model}"
    _check_arms(plan, where)
    if plan.strategy in SHARED_OUT and len(plan.arms) > 1:
        _check_shares(plan, where)
    elif any(arm.share is not None for arm in plan.arms):
        says = _SHARED_BY_STEPS if plan.strategy in STEPWISE else "a share of its own for the copy"
        raise PlanError(f"{where}: arms of {plan.strategy} have no share; it has {says}")
    if plan.load != USUAL_LOAD and plan.strategy != "shadow":
        raise PlanError(f"{where}: load is for shadow; {plan.strategy} makes no copies")
    if plan.load <= 0:
        raise PlanError(f"{where}: load must be more than 0 %")
    _check_steps(plan, where)
    names = [arm.version for arm in plan.arms]
    if plan.ending is not None and plan.ending.version not in names:
        raise PlanError(f"{where}: it ended with {plan.ending.version}, which is none of its arms")


def _check_arms(plan: Plan, where: str) -> None:
    names = [arm.name for arm in plan.arms]
    fewest = _TWO if plan.ending is None else 1
    if not fewest <= len(names) <= _MAX_ARMS:
        raise PlanError(
            f"{where}: it has {len(names)} arms; it needs a champion and a challenger, and may "
            f"have {_MAX_ARMS} arms"
        )
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise PlanError(f"{where}: version {twice} is there twice")
    if plan.strategy in STEPWISE and len(names) > _TWO:
        raise PlanError(
            f"{where}: {plan.strategy} has one champion and one challenger, not {len(names)} arms"
        )


def _check_shares(plan: Plan, where: str) -> None:
    shares = [arm.share for arm in plan.arms if arm.share is not None]
    if len(shares) != len(plan.arms):
        raise PlanError(f"{where}: every arm of ab needs a share in percent")
    if abs(sum(shares) - WHOLE) > _TOLERANCE:
        raise PlanError(f"{where}: the shares are {sum(shares):g} % together, not 100 %")


def _check_steps(plan: Plan, where: str) -> None:
    if plan.strategy not in STEPWISE:
        if plan.steps:
            raise PlanError(f"{where}: {plan.strategy} has no steps")
    elif len(plan.arms) > 1:
        _check_growth(plan, where)


def _check_growth(plan: Plan, where: str) -> None:
    shares = [step.share for step in plan.steps]
    if not shares:
        raise PlanError(f"{where}: {plan.strategy} needs steps, such as a share of 5 and of 100")
    if shares != sorted(set(shares)):
        raise PlanError(f"{where}: the shares of the steps must grow; they are {listed(shares)}")
    if shares[0] <= 0:
        raise PlanError(f"{where}: the first step must be more than 0 %")
    if plan.strategy == "blue-green" and shares != [WHOLE]:
        raise PlanError(f"{where}: blue-green has one step of 100 %; canary has several")
    if any(step.bake_s <= 0 for step in plan.steps[:-1]):
        raise PlanError(
            f"{where}: every step before the last needs a bake_s of more than 0 seconds"
        )
