"""What `bert-aas models deploy --strategy` does: deploy a version, and start a plan for it."""

import dataclasses
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.file_errors import file_errors
from bert_aas.contracts.files.version_folders import numbers_in
from bert_aas.registry.deploying import Deployer
from bert_aas.traffic.plans import changing
from bert_aas.traffic.plans.files import changed_plans, read_plan_file
from bert_aas.traffic.plans.plan import Plan, PlanError, Registered
from pipeline.commands.work.models.deciding import Placing, end_deployment, signed_folders
from pipeline.commands.work.traffic.changing import Change, answering_version, change_plan, to_shape
from pipeline.console.messages import say
from pipeline.governance.registries import open_registry


def deploy_by_plan(
    model: str, version: str, registry: str | None, placing: Placing, options: Mapping[str, Any]
) -> None:
    """Deploy an approved version, and let a plan of traffic bring it in.

    Before the version appears, a plan says that the present one goes on answering: a server looks
    at the plans whenever it has listed the folders, so the new version answers nothing too early.

    Args:
        model: Name of the model in the registry.
        version: Number or alias.
        registry: Where the registry is.
        placing: Where to, by whom, why, and signed with which key.
        options: The strategy, its shape, the plan file, and the model's name in the server.

    Raises:
        InvalidInputError: If it cannot be deployed, or another plan runs.
    """
    shape, plan_file = to_shape(options), options["plan_file"]
    served_as = options["served_as"] or model
    opened = open_registry(registry)
    found = opened.version(model, version)
    order = placing.order(found)
    before, champion = _pin(served_as, plan_file, Path(order.directory), shape.strategy)
    try:
        deployer = Deployer(opened, model, signed_folders(placing.sign_key))
        made = deployer.deploy(str(found.number), order)
        end_deployment(opened, model, made)
        now = time.time()
        begun = changing.begin(served_as, champion, [made.number], shape, now)
        plan = dataclasses.replace(begun, registered=Registered(model, order.directory))
    except BaseException:
        _restore(served_as, plan_file, before)
        raise
    change_plan(
        served_as, plan_file, Change("deploy", order.by, order.reason), lambda _pinned: plan
    )


def say_what_is_pinned(model: str, plan_file: Path) -> None:
    """Tell who deploys without a strategy that a plan keeps another version answering.

    Args:
        model: Name of the model in the server.
        plan_file: The plan file; it need not be there.
    """
    try:
        plan = read_plan_file(plan_file).get(model) if plan_file.is_file() else None
    except PlanError:
        return
    if plan is not None:
        say(
            f"but the plan of {model} in {plan_file} says which versions answer; "
            f"`bert-aas traffic clear {model}` lets the newest one answer"
        )


def _pin(
    model: str, plan_file: Path, directory: Path, strategy: Any
) -> tuple[Plan | None, int | str]:
    """Let the version that answers go on so; return the plan before, and that version."""
    now = time.time()
    with changed_plans(plan_file) as plans:
        before = plans.get(model)
        champion = _champion(before, plan_file, directory, now)
        if before is None or before.ending is None:
            reason = "another version is being deployed"
            plans[model] = changing.pinned(model, champion, strategy, now, reason)
    return before, champion


def _champion(plan: Plan | None, plan_file: Path, directory: Path, now: float) -> int | str:
    if plan is not None:
        return answering_version(plan, plan_file, now)
    with file_errors():
        numbers = numbers_in(directory)
    if not numbers:
        raise InvalidInputError(
            f"{directory} holds no version that a new one could be compared with; deploy the first "
            "one without --strategy"
        )
    return numbers[-1]


def _restore(model: str, plan_file: Path, before: Plan | None) -> None:
    with changed_plans(plan_file) as plans:
        if before is None:
            plans.pop(model, None)
        else:
            plans[model] = before
