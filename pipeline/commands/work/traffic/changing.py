"""What `bert-aas traffic start`, `promote`, `rollback`, `hold`, `resume` and `clear` do."""

import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.traffic.alarms import Alarm
from bert_aas.traffic.plans import changing
from bert_aas.traffic.plans.changing import Shape
from bert_aas.traffic.plans.documents import read_alarm, write_plan
from bert_aas.traffic.plans.files import changed_plans, log_change, log_file
from bert_aas.traffic.plans.plan import Ending, Plan, PlanError
from pipeline.commands.work.models.orders import person
from pipeline.commands.work.traffic.registering import tell_registry
from pipeline.console.messages import say
from pipeline.governance.registries import open_registry

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|d)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_ALIASES = ("champion", "challenger")


def start_plan(model: str, plan_file: Path, options: Mapping[str, Any]) -> None:
    """Start a plan.

    Args:
        model: Name of the model in the server.
        plan_file: The plan file.
        options: The command's other options.

    Raises:
        InvalidInputError: If the plan cannot be started; the file stays as it was.
    """
    shape = to_shape(options)
    registry = options["registry"]
    candidates = [to_version(model, one, registry) for one in options["candidate"]]
    given = options["champion"]
    champion = None if given is None else to_version(model, given, registry)
    now = time.time()

    def begin(plan: Plan | None) -> Plan:
        found = champion if champion is not None else _answering(model, plan, plan_file, now)
        if plan is not None:
            answering_version(plan, plan_file, now)
        return changing.begin(model, found, candidates, shape, now)

    change_plan(model, plan_file, Change("start", options["by"], options["reason"]), begin)


class Change:
    """What is done to a plan, by whom and why.

    Attributes:
        action: The command.
        by: Who.
        reason: Why.
    """

    def __init__(self, action: str, by: str | None, reason: str) -> None:
        """Take a change; the login did it if nobody is named."""
        self.action = action
        self.by = person(by)
        self.reason = reason


def change_plan(
    model: str, plan_file: Path, change: Change, make: Callable[[Plan | None], Plan | None]
) -> Plan | None:
    """Change the plan of one model, log it, and say it.

    Args:
        model: Name of the model in the server.
        plan_file: The plan file.
        change: What is done, by whom and why.
        make: Makes the next plan of the present one; None stands for no plan.

    Returns:
        The next plan.

    Raises:
        InvalidInputError: If it cannot be done; the file stays as it was.
    """
    with changed_plans(plan_file) as plans:
        plan = make(plans.get(model))
        if plan is None:
            plans.pop(model, None)
        else:
            plans[model] = plan
    entry = {"model": model, "action": change.action, "by": change.by, "reason": change.reason}
    document = None if plan is None else write_plan(plan)
    log_change(plan_file, time.time(), {**entry, "plan": document})
    say(f"{plan_file}: {_said(model, plan)}; {log_file(plan_file)} has the log")
    return plan


def promote_challenger(
    model: str,
    version: str,
    plan_file: Path,
    by: str | None,
    reason: str,
    registry: str | None,
) -> None:
    """Let a challenger answer everything.

    Args:
        model: Name of the model in the server.
        version: Which challenger; the only one if empty.
        plan_file: The plan file.
        by: Who.
        reason: Why.
        registry: Where the registry is.
    """
    change = Change("promote", by, reason)
    chosen = _number_or_label(version) if version else None
    changed = change_plan(
        model,
        plan_file,
        change,
        lambda plan: changing.promote(_there(model, plan, plan_file), chosen, _ending(change)),
    )
    tell_registry(changed, registry)


def roll_back_plan(
    model: str, plan_file: Path, by: str | None, reason: str, registry: str | None
) -> None:
    """Let the champion answer everything again.

    Args:
        model: Name of the model in the server.
        plan_file: The plan file.
        by: Who.
        reason: Why.
        registry: Where the registry is.
    """
    change = Change("rollback", by, reason)
    changed = change_plan(
        model,
        plan_file,
        change,
        lambda plan: changing.roll_back(_there(model, plan, plan_file), _ending(change)),
    )
    tell_registry(changed, registry)


def hold_plan(model: str, plan_file: Path, by: str | None, reason: str) -> None:
    """Let the steps of a plan stand still.

    Args:
        model: Name of the model in the server.
        plan_file: The plan file.
        by: Who.
        reason: Why.
    """
    change_plan(
        model,
        plan_file,
        Change("hold", by, reason),
        lambda plan: changing.hold(_there(model, plan, plan_file), time.time()),
    )


def resume_plan(model: str, plan_file: Path, by: str | None, reason: str) -> None:
    """Let a held plan go on; arguments are those of `hold_plan`."""
    change_plan(
        model,
        plan_file,
        Change("resume", by, reason),
        lambda plan: changing.resume(_there(model, plan, plan_file), time.time()),
    )


def clear_plan(model: str, plan_file: Path, by: str | None, reason: str) -> None:
    """Take the plan of a model out; arguments are those of `hold_plan`."""

    def nothing(plan: Plan | None) -> None:
        _there(model, plan, plan_file)

    change_plan(model, plan_file, Change("clear", by, reason), nothing)


def to_shape(options: Mapping[str, Any]) -> Shape:
    """Read how requests move to a new version.

    Args:
        options: `strategy`, `step`, `bake`, `share`, `load`, `key_header` and those of
            alarms, as the command got them.

    Returns:
        The shape.

    Raises:
        InvalidInputError: If a time is none, or an alarm has no limit.
    """
    alarms = tuple(_alarm(text, options) for text in options["alarm"])
    return Shape(
        strategy=options["strategy"],
        steps=tuple(options["step"]),
        bake_s=to_seconds("--bake", options["bake"]),
        shares=tuple(options["share"]),
        key_header=options["key_header"],
        alarms=alarms,
        load=options["load"],
    )


def _alarm(text: str, options: Mapping[str, Any]) -> Alarm:
    measure, _equals, limit = text.partition("=")
    try:
        above = float(limit)
    except ValueError as exc:
        raise InvalidInputError(
            f"--alarm is {text!r}; give a measure and its limit, such as error_rate=0.02"
        ) from exc
    document = {
        "measure": measure,
        "above": above,
        "window_s": to_seconds("--alarm-window", options["alarm_window"]),
        "min_samples": options["alarm_samples"],
        "action": options["on_alarm"],
    }
    return read_alarm(document, f"--alarm {text}")


def to_seconds(option: str, text: str) -> float:
    """Read a time such as `90s`, `10m`, `2h` or `1d`; a number alone is in seconds.

    Args:
        option: The option that has it.
        text: The time.

    Returns:
        Seconds.

    Raises:
        InvalidInputError: If it is none.
    """
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise InvalidInputError(f"{option} is {text!r}; give a time such as 90s, 10m, 2h or 1d")
    return float(found[1]) * _SECONDS[found[2] or "s"]


def to_version(model: str, text: str, registry: str | None) -> int | str:
    """Read a version as the command line names it.

    Args:
        model: Name of the model, in the registry as in the server.
        text: A number, a label, or an alias of the registry.
        registry: Where the registry is.

    Returns:
        The number of the version folder; a label as it is.

    Raises:
        InvalidInputError: If the version of an alias is served from nowhere.
    """
    if text not in _ALIASES:
        return _number_or_label(text)
    version = open_registry(registry).version(model, text)
    if not version.deployments:
        raise InvalidInputError(
            f"{text} of {model} is version {version.number} of the registry, which is served from "
            f"nowhere; `bert-aas models deploy {model} {version.number} --strategy …` deploys it "
            "and starts a plan"
        )
    return version.deployments[-1].number


def answering_version(plan: Plan, plan_file: Path, now: float) -> int | str:
    """Say which version answers everything by a plan that no longer runs.

    Args:
        plan: The plan.
        plan_file: The plan file.
        now: Seconds since 1970.

    Returns:
        The version.

    Raises:
        PlanError: If the plan runs.
    """
    found = changing.answering(plan, now)
    if found is None:
        raise PlanError(
            f"the plan of {plan.model} in {plan_file} still runs; `bert-aas traffic promote` or "
            "`rollback` ends it"
        )
    return found


def _number_or_label(text: str) -> int | str:
    return int(text) if text.isdecimal() else text


def _answering(model: str, plan: Plan | None, plan_file: Path, now: float) -> int | str:
    if plan is None:
        raise InvalidInputError(
            f"{plan_file} has no plan of {model} yet that says which version answers; give it "
            "(--champion)"
        )
    return answering_version(plan, plan_file, now)


def _there(model: str, plan: Plan | None, plan_file: Path) -> Plan:
    if plan is None:
        raise InvalidInputError(f"{plan_file} has no plan of {model}")
    return plan


def _ending(change: Change) -> Ending:
    return Ending("promoted", "", time.time(), change.by, change.reason)


def _said(model: str, plan: Plan | None) -> str:
    if plan is None:
        return f"{model} has no plan any more; the newest version answers"
    if plan.ending is not None:
        what = plan.ending.outcome.replace("-", " ")
        return f"{model} is {what}; version {plan.ending.version} answers"
    if plan.held is not None:
        return f"{model} is held"
    arms = " and ".join(arm.name for arm in plan.challengers)
    return f"{model} runs as {plan.strategy}: version {arms} against {plan.champion.name}"
