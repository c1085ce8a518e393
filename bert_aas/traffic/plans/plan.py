"""A plan of traffic: which versions of a model answer, in which shares, and since when.

A plan is a value. What it says at a time follows from the plan and the clock alone, so servers that
read the same file do the same without talking to each other, also after a restart.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.traffic.alarms import Alarm

Strategy: TypeAlias = Literal["blue-green", "canary", "linear", "ab", "bandit", "shadow"]
Outcome: TypeAlias = Literal["promoted", "rolled-back"]

STRATEGIES: tuple[Strategy, ...] = ("blue-green", "canary", "linear", "ab", "bandit", "shadow")
STEPWISE: tuple[Strategy, ...] = ("blue-green", "canary", "linear")
SHARED_OUT: tuple[Strategy, ...] = ("ab", "bandit")
OUTCOMES: tuple[Outcome, ...] = ("promoted", "rolled-back")
WHOLE = 100.0
"""All requests, in percent."""

USUAL_LOAD = 0.5
"""Percent of the time for copies: fewer requests meet one than would move their 99th percentile."""

NEVER = float("inf")


class PlanError(InvalidInputError):
    """A plan that cannot be followed; the message is one sentence."""


@dataclass(frozen=True)
class Arm:
    """One version that takes part.

    Attributes:
        version: Its number as servers see it, or a label of the model's configuration.
        share: Its share of the requests in percent; None where steps or the strategy say it.
    """

    version: int | str
    share: float | None = None

    @property
    def name(self) -> str:
        """The number or the label as text."""
        return str(self.version)


@dataclass(frozen=True)
class Step:
    """A share of the challenger, and how long it stays.

    Attributes:
        share: Percent of the requests.
        bake_s: Seconds until the next step; of the last one, until the plan is over.
    """

    share: float
    bake_s: float = 0.0


@dataclass(frozen=True)
class Ending:
    """How a plan ended.

    Attributes:
        outcome: `promoted`: a challenger answers everything; `rolled-back`: the champion does.
        version: The arm that answers, as the plan names it.
        at: When, seconds since 1970.
        by: Who: a person, or `server`.
        reason: Why.
    """

    outcome: Outcome
    version: int | str
    at: float
    by: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Registered:
    """Where a registry of models has the versions of a plan.

    Attributes:
        model: Name of the registered model.
        directory: The serving folder that they were deployed to.
    """

    model: str
    directory: str


@dataclass(frozen=True)
class Plan:
    """The plan of one model.

    Attributes:
        model: Name of the model in the server.
        strategy: How requests are shared out.
        arms: The versions, the champion first.
        salt: Makes the choice of this experiment independent of others.
        started: When, seconds since 1970.
        steps: Of the stepwise strategies.
        key_header: Header or metadata with the key of a request; empty takes the server's.
        alarms: When a challenger is stopped.
        load: Of `shadow`: percent of the time that copies of requests may run.
        held: Since when the steps stand still, seconds since 1970; None if they go on.
        ending: How it ended; None while it runs.
        registered: Where a registry has the versions; None if none is to be told.

    Example:
        >>> plan = Plan("bert", "canary", (Arm(3), Arm(4)), "s", 0.0, (Step(5, 60), Step(100)))
        >>> shares_at(plan, 59.0), shares_at(plan, 61.0)
        ((95.0, 5.0), (0.0, 100.0))
    """

    model: str
    strategy: Strategy
    arms: tuple[Arm, ...]
    salt: str
    started: float
    steps: tuple[Step, ...] = ()
    key_header: str = ""
    alarms: tuple[Alarm, ...] = ()
    load: float = USUAL_LOAD
    held: float | None = None
    ending: Ending | None = None
    registered: Registered | None = None

    @property
    def champion(self) -> Arm:
        """The version that answers when the plan is rolled back."""
        return self.arms[0]

    @property
    def challengers(self) -> tuple[Arm, ...]:
        """The other versions."""
        return self.arms[1:]


def shares_at(plan: Plan, now: float) -> tuple[float, ...]:
    """Say what the plan gives to each arm.

    Args:
        plan: The plan.
        now: Seconds since 1970.

    Returns:
        Percent by arm; their sum is 100.
    """
    if plan.ending is not None:
        return _all_to(plan, plan.ending.version)
    if plan.strategy == "shadow":
        return _all_to(plan, plan.champion.version)
    if plan.strategy in SHARED_OUT:
        return tuple(arm.share or 0.0 for arm in plan.arms)
    step = step_at(plan, now)
    share = 0.0 if step is None else plan.steps[step].share
    return (WHOLE - share, share)


def step_at(plan: Plan, now: float) -> int | None:
    """Say which step a stepwise plan is at.

    Args:
        plan: The plan.
        now: Seconds since 1970.

    Returns:
        The index of the step; None before the start, and for other strategies.
    """
    elapsed = _elapsed(plan, now)
    if not plan.steps or elapsed < 0:
        return None
    for index, step in enumerate(plan.steps[:-1]):
        elapsed -= step.bake_s
        if elapsed < 0:
            return index
    return len(plan.steps) - 1


def next_change(plan: Plan, now: float) -> float:
    """Say when the shares change next by themselves.

    Args:
        plan: The plan.
        now: Seconds since 1970.

    Returns:
        Seconds since 1970; `NEVER` if nothing changes without another plan.
    """
    if plan.ending is not None or plan.held is not None or not plan.steps:
        return NEVER
    at = plan.started
    for step in plan.steps:
        if now < at:
            return at
        at += step.bake_s
    return NEVER


def is_over(plan: Plan, now: float) -> bool:
    """Tell whether a plan has ended, or its last step has baked as long as it should.

    Args:
        plan: The plan.
        now: Seconds since 1970.

    Returns:
        Whether nothing of it is left to watch.
    """
    if plan.ending is not None:
        return True
    if not plan.steps or plan.held is not None:
        return False
    return _elapsed(plan, now) >= sum(step.bake_s for step in plan.steps)


def experiment_of(plan: Plan) -> str:
    """Name a plan among those of its model.

    Args:
        plan: The plan.

    Returns:
        The name, the same on every server. The shares of a bandit may change under it; an A/B test
        with other shares is another one, as a verdict holds for fixed shares.
    """
    name = f"{plan.salt} {plan.started:.0f}"
    if plan.strategy != "ab":
        return name
    return f"{name} {','.join(f'{arm.share:g}' for arm in plan.arms if arm.share is not None)}"


def _elapsed(plan: Plan, now: float) -> float:
    return (now if plan.held is None else plan.held) - plan.started


def _all_to(plan: Plan, version: int | str) -> tuple[float, ...]:
    return tuple(WHOLE if arm.version == version else 0.0 for arm in plan.arms)
