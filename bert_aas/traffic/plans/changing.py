"""From one plan to the next: begin, hold, go on, promote, roll back. Pure functions."""

import dataclasses
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from bert_aas.traffic.alarms import Alarm
from bert_aas.traffic.plans.checking import check_plan
from bert_aas.traffic.plans.plan import (
    SHARED_OUT,
    USUAL_LOAD,
    WHOLE,
    Arm,
    Ending,
    Plan,
    PlanError,
    Step,
    Strategy,
    is_over,
    shares_at,
)
from bert_aas.traffic.plans.values import to_text

_CANARY = (5.0, 25.0, WHOLE)
_LINEAR = 20.0
_TWO_DECIMALS = 2


@dataclass(frozen=True)
class Shape:
    """How requests move to the challengers.

    Attributes:
        strategy: The strategy.
        steps: Of `canary` the shares in percent, of `linear` the one by which it grows; empty takes
            5, 25, 100 and 20.
        bake_s: Seconds of each step.
        shares: Of `ab`, and of `bandit` at the start, the share of each challenger in percent;
            empty shares out equally.
        key_header: Header with the key of requests; empty takes the server's.
        alarms: When a challenger is stopped.
        load: Of `shadow`: percent of the time that copies of requests may run.
    """

    strategy: Strategy
    steps: tuple[float, ...] = ()
    bake_s: float = 600.0
    shares: tuple[float, ...] = ()
    key_header: str = ""
    alarms: tuple[Alarm, ...] = ()
    load: float = USUAL_LOAD


def begin(
    model: str,
    champion: int | str,
    challengers: Sequence[int | str],
    shape: Shape,
    now: float,
) -> Plan:
    """Make a plan that starts now.

    Args:
        model: Name of the model in the server.
        champion: The version that answers so far.
        challengers: Those that come in.
        shape: How requests move to them.
        now: Seconds since 1970.

    Returns:
        The plan, with a salt of its own.

    Raises:
        PlanError: If the parts do not fit together.
    """
    shares = _shares(model, shape, len(challengers))
    arms = [
        Arm(version, share) for version, share in zip((champion, *challengers), shares, strict=True)
    ]
    plan = Plan(
        model=model,
        strategy=shape.strategy,
        arms=tuple(arms),
        salt=f"{to_text(now)} {secrets.token_hex(4)}",
        started=now,
        steps=_steps(model, shape),
        key_header=shape.key_header,
        alarms=shape.alarms,
        load=shape.load,
    )
    check_plan(plan)
    return plan


def pinned(model: str, version: int | str, strategy: Strategy, now: float, reason: str) -> Plan:
    """Make a plan by which one version answers whatever else is loaded.

    Args:
        model: Name of the model in the server.
        version: The version.
        strategy: What is to follow.
        now: Seconds since 1970.
        reason: Why.

    Returns:
        A plan that has ended.
    """
    ending = Ending("rolled-back", version, now, reason=reason)
    return Plan(model, strategy, (Arm(version),), "pinned", now, ending=ending)


def answering(plan: Plan, now: float) -> int | str | None:
    """Say which version answers everything from now on, until there is another plan.

    Args:
        plan: The plan.
        now: Seconds since 1970.

    Returns:
        The version; None while the plan runs.
    """
    if plan.ending is not None:
        return plan.ending.version
    if not is_over(plan, now):
        return None
    shares = zip(plan.arms, shares_at(plan, now), strict=True)
    return next((arm.version for arm, share in shares if share >= WHOLE), None)


def hold(plan: Plan, now: float) -> Plan:
    """Let the steps of a plan stand still.

    Args:
        plan: The plan.
        now: Seconds since 1970.

    Returns:
        The held plan; the same if it is held already.

    Raises:
        PlanError: If it has no steps or has ended.
    """
    _must_run(plan, "held")
    if not plan.steps:
        raise PlanError(f"the plan of {plan.model} is {plan.strategy}, which has no steps to hold")
    return plan if plan.held is not None else dataclasses.replace(plan, held=now)


def resume(plan: Plan, now: float) -> Plan:
    """Let a held plan go on where it stood.

    Args:
        plan: The plan.
        now: Seconds since 1970.

    Returns:
        The plan that goes on; the same if it is not held.

    Raises:
        PlanError: If it has ended.
    """
    _must_run(plan, "resumed")
    if plan.held is None:
        return plan
    return dataclasses.replace(plan, held=None, started=plan.started + now - plan.held)


def promote(plan: Plan, version: int | str | None, ending: Ending) -> Plan:
    """Let a challenger answer everything.

    Args:
        plan: The plan.
        version: Which one; None takes the only one.
        ending: When, by whom and why; its outcome and version do not count.

    Returns:
        The plan, ended.

    Raises:
        PlanError: If it has ended, or there is no such challenger.
    """
    _must_run(plan, "promoted")
    names = [arm.version for arm in plan.challengers]
    chosen = names[0] if version is None and len(names) == 1 else version
    if chosen is None or chosen not in names:
        given = "" if version is None else f", not {version}"
        listed = ", ".join(map(str, names))
        raise PlanError(f"the challengers of {plan.model} are {listed}{given}; name one of them")
    ended = dataclasses.replace(ending, outcome="promoted", version=chosen)
    return dataclasses.replace(plan, ending=ended)


def roll_back(plan: Plan, ending: Ending) -> Plan:
    """Let the champion answer everything again, also after a promotion.

    Args:
        plan: The plan.
        ending: When, by whom and why; its outcome and version do not count.

    Returns:
        The plan, ended; the same if it was rolled back already.
    """
    if plan.ending is not None and plan.ending.outcome == "rolled-back":
        return plan
    champion = plan.champion.version
    return dataclasses.replace(
        plan, ending=dataclasses.replace(ending, outcome="rolled-back", version=champion)
    )


def _must_run(plan: Plan, what: str) -> None:
    if plan.ending is None:
        return
    ended = plan.ending.outcome.replace("-", " ")
    raise PlanError(
        f"the plan of {plan.model} was {ended} at {to_text(plan.ending.at)}, so it cannot be {what}"
    )


def _shares(model: str, shape: Shape, challengers: int) -> list[float | None]:
    if shape.strategy not in SHARED_OUT:
        if shape.shares:
            raise PlanError(
                f"shares are for ab and bandit; {shape.strategy} of {model} has steps or none"
            )
        return [None] * (challengers + 1)
    shares = list(shape.shares)
    if not shares:
        shares = [round(WHOLE / (challengers + 1), _TWO_DECIMALS)] * challengers
    if len(shares) != challengers:
        raise PlanError(
            f"{model} has {challengers} challengers and {len(shares)} shares; give one for each"
        )
    rest = WHOLE - sum(shares)
    if rest < 0:
        raise PlanError(f"the challengers of {model} have {sum(shares):g} %; 100 % are there")
    return [round(rest, _TWO_DECIMALS), *shares]


def _steps(model: str, shape: Shape) -> tuple[Step, ...]:
    if shape.strategy in {*SHARED_OUT, "shadow"}:
        if shape.steps:
            raise PlanError(f"steps are for canary and linear; {shape.strategy} has none")
        return ()
    if shape.strategy == "blue-green":
        shares: tuple[float, ...] = shape.steps or (WHOLE,)
    elif shape.strategy == "canary":
        shares = shape.steps or _CANARY
    else:
        shares = _growing(model, shape.steps or (_LINEAR,))
    return tuple(Step(share, shape.bake_s) for share in shares)


def _growing(model: str, steps: tuple[float, ...]) -> tuple[float, ...]:
    """Return the shares of a linear plan, the last one 100 %."""
    (by, *others) = steps
    if others or not 1 <= by <= WHOLE:
        raise PlanError(f"linear takes one step of 1 to 100 %, by which the share of {model} grows")
    return (*(by * time for time in range(1, int(WHOLE / by) + 1) if by * time < WHOLE), WHOLE)
