"""Plans as documents: what a plan file holds, read strictly, with a sentence for each fault."""

import dataclasses
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any, TypeVar

from bert_aas.traffic.alarms import ACTIONS, MEASURES, Alarm
from bert_aas.traffic.figures import LONGEST_WINDOW_S
from bert_aas.traffic.plan import (
    OUTCOMES,
    SHARED_OUT,
    STEPWISE,
    STRATEGIES,
    USUAL_LOAD,
    WHOLE,
    Arm,
    Ending,
    Plan,
    PlanError,
    Step,
)

_Read = TypeVar("_Read")
_FIELDS = (
    "strategy",
    "arms",
    "salt",
    "started",
    "steps",
    "key_header",
    "alarms",
    "load",
    "held",
    "ending",
)
_MAX_VERSION = 2**63 - 1
_MAX_ARMS = 16
_TOLERANCE = 1e-6
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""The name of an HTTP header, as a whole."""

_TWO = 2
_SHARED_BY_STEPS = "the shares of its steps"


def read_plans(document: object) -> dict[str, Plan]:
    """Read the document of a plan file.

    Args:
        document: `{"models": {NAME: plan}}`, as JSON or YAML gives it.

    Returns:
        Plan by model.

    Raises:
        PlanError: With one sentence, if a plan cannot be followed.
    """
    top = _object(document, "the plan file", {"models"})
    models = top.get("models")
    if not isinstance(models, Mapping):
        raise PlanError('the plan file needs "models": an object with a plan for each model')
    return {_text(name, "a model's name"): read_plan(name, plan) for name, plan in models.items()}


def read_plan(model: str, document: object) -> Plan:
    """Read the plan of one model.

    Args:
        model: Its name.
        document: The plan.

    Returns:
        The plan.

    Raises:
        PlanError: With one sentence, if it cannot be followed.
    """
    where = f"the plan of {model}"
    fields = _object(
        document,
        where,
        set(_FIELDS),
    )
    plan = Plan(
        model=model,
        strategy=_one_of(fields.get("strategy"), STRATEGIES, f"{where}: strategy"),
        arms=tuple(_list(fields.get("arms"), f"{where}: arms", _arm)),
        salt=_text(fields.get("salt"), f"{where}: salt"),
        started=_time(fields.get("started"), f"{where}: started"),
        steps=tuple(_list(fields.get("steps", []), f"{where}: steps", _step)),
        key_header=_header(fields.get("key_header", ""), f"{where}: key_header"),
        alarms=tuple(_list(fields.get("alarms", []), f"{where}: alarms", read_alarm)),
        load=_percent(fields.get("load", USUAL_LOAD), f"{where}: load"),
        held=_optional(fields.get("held"), f"{where}: held", _time),
        ending=_optional(fields.get("ending"), f"{where}: ending", _ending),
    )
    check_plan(plan)
    return plan


def read_alarm(value: object, where: str) -> Alarm:
    """Read an alarm.

    Args:
        value: The alarm, as JSON or YAML gives it.
        where: What it is part of, for the sentence about a fault.

    Returns:
        The alarm.

    Raises:
        PlanError: With one sentence, if it cannot be followed.
    """
    fields = _object(value, where, {"measure", "above", "window_s", "min_samples", "action"})
    window_s = _number(fields.get("window_s", 300.0), f"{where}: window_s")
    if not 0 < window_s <= LONGEST_WINDOW_S:
        raise PlanError(f"{where}: window_s is {window_s:g}; it is at most {LONGEST_WINDOW_S:g}")
    samples = fields.get("min_samples", 100)
    if not isinstance(samples, int) or isinstance(samples, bool) or samples < 1:
        raise PlanError(f"{where}: min_samples is {_shown(samples)}; it must be 1 or more")
    return Alarm(
        measure=_one_of(fields.get("measure"), MEASURES, f"{where}: measure"),
        above=_number(fields.get("above"), f"{where}: above"),
        window_s=window_s,
        min_samples=samples,
        action=_one_of(fields.get("action", "rollback"), ACTIONS, f"{where}: action"),
    )


def write_plans(plans: Mapping[str, Plan]) -> dict[str, Any]:
    """Make the document of a plan file.

    Args:
        plans: Plan by model.

    Returns:
        Values that JSON and YAML can hold; `read_plans` reads them back.
    """
    return {"models": {name: write_plan(plan) for name, plan in plans.items()}}


def write_plan(plan: Plan) -> dict[str, Any]:
    """Make the document of one plan.

    Args:
        plan: The plan.

    Returns:
        Values that JSON and YAML can hold, without what is not set.
    """
    document: dict[str, Any] = {
        "strategy": plan.strategy,
        "arms": [_arm_document(arm) for arm in plan.arms],
        "salt": plan.salt,
        "started": to_text(plan.started),
    }
    if plan.steps:
        document["steps"] = [{"share": one.share, "bake_s": one.bake_s} for one in plan.steps]
    if plan.key_header:
        document["key_header"] = plan.key_header
    if plan.alarms:
        document["alarms"] = [dataclasses.asdict(alarm) for alarm in plan.alarms]
    if plan.load != USUAL_LOAD:
        document["load"] = plan.load
    if plan.held is not None:
        document["held"] = to_text(plan.held)
    if plan.ending is not None:
        document["ending"] = _ending_document(plan.ending)
    return document


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


def to_text(seconds: float) -> str:
    """Write a time.

    Args:
        seconds: Seconds since 1970.

    Returns:
        ISO 8601, UTC.
    """
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat().replace("+00:00", "Z")


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
        raise PlanError(f"{where}: the shares of the steps must grow; they are {_listed(shares)}")
    if shares[0] <= 0:
        raise PlanError(f"{where}: the first step must be more than 0 %")
    if plan.strategy == "blue-green" and shares != [WHOLE]:
        raise PlanError(f"{where}: blue-green has one step of 100 %; canary has several")
    if any(step.bake_s <= 0 for step in plan.steps[:-1]):
        raise PlanError(
            f"{where}: every step before the last needs a bake_s of more than 0 seconds"
        )


def _arm(value: object, where: str) -> Arm:
    fields = _object(value, where, {"version", "label", "share"})
    share = _optional(fields.get("share"), f"{where}: share", _percent)
    if ("version" in fields) == ("label" in fields):
        raise PlanError(f"{where} needs a version or a label, one of both")
    if "label" in fields:
        return Arm(_text(fields["label"], f"{where}: label"), share)
    return Arm(_version(fields["version"], f"{where}: version"), share)


def _arm_document(arm: Arm) -> dict[str, Any]:
    document: dict[str, Any] = _named(arm.version)
    return document if arm.share is None else {**document, "share": arm.share}


def _named(version: int | str) -> dict[str, Any]:
    return {"label": version} if isinstance(version, str) else {"version": version}


def _step(value: object, where: str) -> Step:
    fields = _object(value, where, {"share", "bake_s"})
    share = _percent(fields.get("share"), f"{where}: share")
    return Step(share, _number(fields.get("bake_s", 0.0), f"{where}: bake_s"))


def _ending(value: object, where: str) -> Ending:
    fields = _object(value, where, {"outcome", "version", "label", "at", "by", "reason"})
    arm = _arm({key: fields[key] for key in ("version", "label") if key in fields}, where)
    return Ending(
        outcome=_one_of(fields.get("outcome"), OUTCOMES, f"{where}: outcome"),
        version=arm.version,
        at=_time(fields.get("at"), f"{where}: at"),
        by=_string(fields.get("by", ""), f"{where}: by"),
        reason=_string(fields.get("reason", ""), f"{where}: reason"),
    )


def _ending_document(ending: Ending) -> dict[str, Any]:
    return {
        "outcome": ending.outcome,
        **_named(ending.version),
        "at": to_text(ending.at),
        "by": ending.by,
        "reason": ending.reason,
    }


def _object(value: object, where: str, known: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise PlanError(f"{where} is {_shown(value)}; it must be an object")
    for key in value:
        if key not in known:
            raise PlanError(
                f"{where}: {_shown(key)} is unknown; known are {_listed(sorted(known))}"
            )
    return value


def _list(value: object, where: str, read: Callable[[object, str], _Read]) -> list[_Read]:
    if not isinstance(value, list):
        raise PlanError(f"{where}: {_shown(value)} is no list")
    return [read(one, f"{where}[{place}]") for place, one in enumerate(value)]


def _optional(value: object, where: str, read: Callable[[object, str], _Read]) -> _Read | None:
    return None if value is None else read(value, where)


def _string(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise PlanError(f"{where} is {_shown(value)}; it must be a text")
    return value


def _text(value: object, where: str) -> str:
    if not _string(value, where):
        raise PlanError(f"{where} is empty")
    return str(value)


def _header(value: object, where: str) -> str:
    text = _string(value, where)
    if text and not HEADER_NAME.fullmatch(text):
        raise PlanError(f"{where} is {_shown(value)}, which is no name of a header")
    return text


def _one_of(value: object, known: tuple[_Read, ...], where: str) -> _Read:
    for one in known:
        if one == value:
            return one
    raise PlanError(f"{where} is {_shown(value)}; known are {_listed(known)}")


def _version(value: object, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MAX_VERSION:
        raise PlanError(f"{where} is {_shown(value)}; it must be the number of a version folder")
    return value


def _number(value: object, where: str) -> float:
    wrong = isinstance(value, bool) or not isinstance(value, int | float)
    if wrong or not 0 <= value < math.inf:  # type: ignore[operator]
        raise PlanError(f"{where} is {_shown(value)}; it must be a number from 0 on")
    return float(value)  # type: ignore[arg-type]


def _percent(value: object, where: str) -> float:
    found = _number(value, where)
    if found > WHOLE:
        raise PlanError(f"{where} is {_shown(value)}; it is in percent, 0 to 100")
    return found


def _time(value: object, where: str) -> float:
    """Read ISO 8601 with a zone; YAML makes a datetime of it by itself."""
    try:
        found = value if isinstance(value, datetime) else _from_text(value)
        if found.tzinfo is not None:
            return found.timestamp()
    except (ValueError, OverflowError):
        pass
    raise PlanError(f"{where} is {_shown(value)}; it must be a time like 2026-11-30T20:40:16Z")


def _from_text(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError
    return datetime.fromisoformat(value[:-1] + "+00:00" if value.endswith("Z") else value)


def _listed(values: object) -> str:
    return ", ".join(f"{one:g}" if isinstance(one, float) else str(one) for one in values)  # type: ignore[attr-defined]


def _shown(value: object) -> str:
    text = repr(value)
    return "missing" if value is None else text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004
