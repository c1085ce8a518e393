"""What `bert-aas models approve`, `reject`, `deploy`, `rollback` and `export` do."""

import shutil
from pathlib import Path

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.file_errors import file_errors
from bert_aas.contracts.plain_text import printable_json
from bert_aas.registry.deploying import Deployer, Order
from bert_aas.registry.deployments import Deployment
from bert_aas.registry.registry import Registry
from bert_aas.registry.statuses import APPROVED, REJECTED, Status
from bert_aas.registry.versions import Version
from pipeline.commands.work.opened_registry import open_registry, person, serving_directory
from pipeline.console.messages import say


def approve_version(
    model: str, version: str, by: str | None, reason: str, registry: str | None
) -> None:
    """Approve a version.

    Args:
        model: Name of the model.
        version: Number or alias.
        by: Who.
        reason: Why.
        registry: Where the registry is.
    """
    opened = open_registry(registry)
    found = _decide(opened, model, version, APPROVED, person(by), reason)
    say(f"`bert-aas models deploy {model} {found.number}` puts it where servers find it")


def reject_version(
    model: str, version: str, by: str | None, reason: str, registry: str | None
) -> None:
    """Reject a version, and put the latest approved one in its place where it is served.

    Args:
        model: Name of the model.
        version: Number or alias.
        by: Who.
        reason: Why.
        registry: Where the registry is.
    """
    opened, who = open_registry(registry), person(by)
    found = _decide(opened, model, version, REJECTED, who, reason)
    for made in Deployer(opened, model).take_out(found.number, who, reason):
        if isinstance(made, Deployment):
            _say_deployed(model, made)
        else:
            say(
                f"version {found.number} is still served from {made}, since no other version is "
                "approved: approve and deploy another, or stop the server"
            )


def deploy_version(
    model: str,
    version: str,
    directory: str | None,
    by: str | None,
    reason: str,
    registry: str | None,
) -> None:
    """Deploy an approved version.

    Args:
        model: Name of the model.
        version: Number or alias.
        directory: The serving folder.
        by: Who.
        reason: Why.
        registry: Where the registry is.
    """
    opened = open_registry(registry)
    found = opened.version(model, version)
    order = Order(serving_directory(directory, found), person(by), reason)
    _say_deployed(model, Deployer(opened, model).deploy(str(found.number), order))


def roll_back(
    model: str, directory: str | None, by: str | None, reason: str, registry: str | None
) -> None:
    """Put the version back that was served before.

    Args:
        model: Name of the model.
        directory: The serving folder.
        by: Who.
        reason: Why.
        registry: Where the registry is.
    """
    opened = open_registry(registry)
    place = serving_directory(directory, opened.version(model))
    _say_deployed(model, Deployer(opened, model).roll_back(Order(place, person(by), reason)))


def export_version(model: str, version: str, output: Path, registry: str | None) -> None:
    """Write a version with its files and its log to a folder.

    Args:
        model: Name of the model.
        version: Number or alias.
        output: The folder to make.
        registry: Where the registry is.

    Raises:
        InvalidInputError: If the folder is there.
    """
    if output.exists():
        raise InvalidInputError(f"{output} is there already; give a folder that is not")
    opened = open_registry(registry)
    found = opened.version(model, version)
    with file_errors():
        output.parent.mkdir(parents=True, exist_ok=True)
        aside = output.with_name(f".{output.name}.new")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        with Deployer(opened, model).unchanged(found) as folder:
            shutil.copytree(folder, aside / "model", copy_function=shutil.copyfile)
        opened.store.files(found, aside)
        (aside / "version.json").write_text(printable_json(version_json(found)) + "\n")
        aside.rename(output)
    say(f"version {found.number} of {model} is in {output}")


def version_json(version: Version) -> dict[str, object]:
    """Describe a version for programs.

    Args:
        version: The version.

    Returns:
        Values that JSON can hold.
    """
    return {
        "model": version.model,
        "version": version.number,
        "status": version.status,
        "source": version.source,
        "registered": version.created,
        "started_by": version.started_by,
        "four_eyes": version.needs_four_eyes,
        "metrics": version.metrics,
        "conditions": version.conditions,
        "parameters": version.parameters,
        "facts": version.facts,
        "evidence": version.evidence,
        "decisions": [made.model_dump(mode="json", by_alias=True) for made in version.decisions],
        "deployments": [made.model_dump(mode="json") for made in version.deployments],
        "mlflow_run": version.tracking_run,
    }


def _decide(
    opened: Registry, model: str, version: str, after: Status, who: str, reason: str
) -> Version:
    before = opened.version(model, version)
    found = opened.decide(model, str(before.number), after, who, reason)
    last = found.decisions[-1]
    known = before.status == after
    already = f"already, by {last.by} since {last.at}" if known else f"by {last.by}"
    say(f"version {found.number} of {model} is {after} {already}: {last.reason}")
    return found


def _say_deployed(model: str, made: Deployment) -> None:
    say(f"version {made.version} of {model} is served from {made.folder} since {made.at}")
