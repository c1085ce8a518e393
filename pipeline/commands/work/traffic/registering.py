"""What `bert-aas traffic sync` does: tell the registry which deployments a plan gave up."""

from pathlib import Path

from bert_aas.contracts.errors import InvalidInputError, UnavailableError
from bert_aas.registry.deploying import Deployer
from bert_aas.registry.deployments import End
from bert_aas.traffic.plans.files import read_plan_file
from bert_aas.traffic.plans.plan import Arm, Plan, PlanError, Registered
from bert_aas.traffic.plans.values import to_text
from pipeline.console.messages import say
from pipeline.governance.registries import open_registry


def sync_plan(model: str, plan_file: Path, registry: str | None) -> None:
    """Tell the registry how a plan ended, also one that an alarm of a server ended.

    Args:
        model: Name of the model in the server.
        plan_file: The plan file.
        registry: Where the registry is.

    Raises:
        PlanError: If there is no such plan.
        InvalidInputError: If no registry has its versions.
    """
    plan = read_plan_file(plan_file).get(model)
    if plan is None:
        raise PlanError(f"{plan_file} has no plan of {model}")
    if plan.registered is None:
        raise InvalidInputError(
            f"the plan of {model} in {plan_file} names no registered model; `bert-aas models "
            "deploy --strategy …` starts plans that do"
        )
    if not _tell(plan, plan.registered, registry):
        say(f"the registry knows already what the plan of {model} did")


def tell_registry(plan: Plan | None, registry: str | None) -> None:
    """Tell the registry how a plan ended, if it has the versions; the plan is changed already.

    Args:
        plan: The plan.
        registry: Where the registry is.
    """
    if plan is None or plan.registered is None:
        return
    try:
        _tell(plan, plan.registered, registry)
    except (InvalidInputError, UnavailableError) as exc:
        say(f"the registry was not told: {exc}; `bert-aas traffic sync {plan.model}` tells it")


def _tell(plan: Plan, registered: Registered, registry: str | None) -> bool:
    """Write what changed for the registry; tell whether anything did."""
    ending = plan.ending
    if ending is None:
        return False
    deployer = Deployer(open_registry(registry), registered.model)
    given_up = [arm for arm in plan.challengers if arm.version != ending.version]
    chosen = [arm for arm in plan.arms if arm.version == ending.version]
    reason = f"{ending.outcome.replace('-', ' ')} by traffic: {ending.reason or 'no reason given'}"
    end = End(by=ending.by or "unknown", at=to_text(ending.at), reason=reason)
    back = deployer.go_on(registered.directory, _numbers(chosen))
    ended = deployer.end(registered.directory, _numbers(given_up), end)
    for made in back:
        say(f"the registry says: version {made.version} of {registered.model} is served again")
    for made in ended:
        say(f"the registry says: version {made.version} of {registered.model} is served no more")
    return bool(back or ended)


def _numbers(arms: list[Arm]) -> list[int]:
    return [arm.version for arm in arms if isinstance(arm.version, int)]
