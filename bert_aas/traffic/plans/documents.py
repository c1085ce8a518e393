"""Plans as documents: what a plan file holds, read strictly, with a sentence for each fault."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from bert_aas.traffic.alarms import ACTIONS, MEASURES, Alarm
from bert_aas.traffic.figures import LONGEST_WINDOW_S
from bert_aas.traffic.plans.checking import check_plan
from bert_aas.traffic.plans.plan import (
    OUTCOMES,
    STRATEGIES,
    USUAL_LOAD,
    Arm,
    Ending,
    Plan,
    PlanError,
    Registered,
    Step,
)
from bert_aas.traffic.plans.values import (
    a_header,
    a_list,
    a_number,
    a_percent,
    a_string,
    a_text,
    a_time,
    a_version,
    an_object,
    one_of,
    optional,
    shown,
    to_text,
)

_FIELDS = {
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
    "registered",
}


def read_plans(document: object) -> dict[str, Plan]:
    """Read the document of a plan file.

    Args:
        document: `{"models": {NAME: plan}}`, as JSON or YAML gives it.

    Returns:
        Plan by model.

    Raises:
        PlanError: With one sentence, if a plan cannot be followed.
    """
    top = an_object(document, "the plan file", {"models"})
    models = top.get("models")
    if not isinstance(models, Mapping):
        raise PlanError('the plan file needs "models": an object with a plan for each model')
    return {a_text(name, "a model's name"): read_plan(name, plan) for name, plan in models.items()}


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
    fields = an_object(document, where, _FIELDS)
    plan = Plan(
        model=model,
        strategy=one_of(fields.get("strategy"), STRATEGIES, f"{where}: strategy"),
        arms=tuple(a_list(fields.get("arms"), f"{where}: arms", _arm)),
        salt=a_text(fields.get("salt"), f"{where}: salt"),
        started=a_time(fields.get("started"), f"{where}: started"),
        steps=tuple(a_list(fields.get("steps", []), f"{where}: steps", _step)),
        key_header=a_header(fields.get("key_header", ""), f"{where}: key_header"),
        alarms=tuple(a_list(fields.get("alarms", []), f"{where}: alarms", read_alarm)),
        load=a_percent(fields.get("load", USUAL_LOAD), f"{where}: load"),
        held=optional(fields.get("held"), f"{where}: held", a_time),
        ending=optional(fields.get("ending"), f"{where}: ending", _ending),
        registered=optional(fields.get("registered"), f"{where}: registered", _registered),
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
    fields = an_object(value, where, {"measure", "above", "window_s", "min_samples", "action"})
    window_s = a_number(fields.get("window_s", 300.0), f"{where}: window_s")
    if not 0 < window_s <= LONGEST_WINDOW_S:
        raise PlanError(f"{where}: window_s is {window_s:g}; it is at most {LONGEST_WINDOW_S:g}")
    samples = fields.get("min_samples", 100)
    if not isinstance(samples, int) or isinstance(samples, bool) or samples < 1:
        raise PlanError(f"{where}: min_samples is {shown(samples)}; it must be 1 or more")
    return Alarm(
        measure=one_of(fields.get("measure"), MEASURES, f"{where}: measure"),
        above=a_number(fields.get("above"), f"{where}: above"),
        window_s=window_s,
        min_samples=samples,
        action=one_of(fields.get("action", "rollback"), ACTIONS, f"{where}: action"),
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
    if plan.registered is not None:
        document["registered"] = dataclasses.asdict(plan.registered)
    return document


def _arm(value: object, where: str) -> Arm:
    fields = an_object(value, where, {"version", "label", "share"})
    share = optional(fields.get("share"), f"{where}: share", a_percent)
    if ("version" in fields) == ("label" in fields):
        raise PlanError(f"{where} needs a version or a label, one of both")
    if "label" in fields:
        return Arm(a_text(fields["label"], f"{where}: label"), share)
    return Arm(a_version(fields["version"], f"{where}: version"), share)


def _arm_document(arm: Arm) -> dict[str, Any]:
    document: dict[str, Any] = _named(arm.version)
    return document if arm.share is None else {**document, "share": arm.share}


def _named(version: int | str) -> dict[str, Any]:
    return {"label": version} if isinstance(version, str) else {"version": version}


def _step(value: object, where: str) -> Step:
    fields = an_object(value, where, {"share", "bake_s"})
    share = a_percent(fields.get("share"), f"{where}: share")
    return Step(share, a_number(fields.get("bake_s", 0.0), f"{where}: bake_s"))


def _ending(value: object, where: str) -> Ending:
    fields = an_object(value, where, {"outcome", "version", "label", "at", "by", "reason"})
    arm = _arm({key: fields[key] for key in ("version", "label") if key in fields}, where)
    return Ending(
        outcome=one_of(fields.get("outcome"), OUTCOMES, f"{where}: outcome"),
        version=arm.version,
        at=a_time(fields.get("at"), f"{where}: at"),
        by=a_string(fields.get("by", ""), f"{where}: by"),
        reason=a_string(fields.get("reason", ""), f"{where}: reason"),
    )


def _ending_document(ending: Ending) -> dict[str, Any]:
    return {
        "outcome": ending.outcome,
        **_named(ending.version),
        "at": to_text(ending.at),
        "by": ending.by,
        "reason": ending.reason,
    }


def _registered(value: object, where: str) -> Registered:
    fields = an_object(value, where, {"model", "directory"})
    model, directory = (
        a_text(fields.get(name), f"{where}: {name}") for name in ("model", "directory")
    )
    return Registered(model, directory)
