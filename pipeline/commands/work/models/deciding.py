"""What `bert-aas models approve`, `reject`, `deploy`, `rollback` and `export` do."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.file_errors import file_errors
from bert_aas.contracts.plain_text import printable_json
from bert_aas.contracts.signing import FolderSigner
from bert_aas.registry.deploying import Deployer, Order
from bert_aas.registry.deployments import Deployment
from bert_aas.registry.registry import Registry
from bert_aas.registry.serving_folders import LocalFolders
from bert_aas.registry.statuses import APPROVED, REJECTED, Status
from bert_aas.registry.versions import Version
from pipeline.commands.work.models.orders import person, serving_directory
from pipeline.console.messages import say
from pipeline.governance.paper_files import put_beside
from pipeline.governance.registries import Reference, open_registry, registered_version


@dataclass(frozen=True)
class Placing:
    """How a version is deployed.

    Attributes:
        directory: The serving folder; by default the one that the pipeline pushes to.
        by: Who; the login if not given.
        reason: Why.
        sign_key: File with the private key that the copy is signed with.
    """

    directory: str | None
    by: str | None
    reason: str
    sign_key: Path | None

    def order(self, version: Version) -> Order:
        """Say where a version goes, who wants it and why."""
        return Order(serving_directory(self.directory, version), person(self.by), self.reason)


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
    model: str,
    version: str,
    by: str | None,
    reason: str,
    registry: str | None,
    sign_key: Path | None,
) -> None:
    """Reject a version, and put the latest approved one in its place where it is served.

    Args:
        model: Name of the model.
        version: Number or alias.
        by: Who.
        reason: Why.
        registry: Where the registry is.
        sign_key: File with the private key that the copy in its place is signed with.
    """
    folders = signed_folders(sign_key)
    opened, who = open_registry(registry), person(by)
    found = _decide(opened, model, version, REJECTED, who, reason)
    for made in Deployer(opened, model, folders).take_out(found.number, who, reason):
        if isinstance(made, Deployment):
            end_deployment(opened, model, made)
        else:
            say(
                f"version {found.number} is still served from {made}, since no other version is "
                "approved: approve and deploy another, or stop the server"
            )


def deploy_version(model: str, version: str, registry: str | None, placing: Placing) -> None:
    """Deploy an approved version.

    Args:
        model: Name of the model.
        version: Number or alias.
        registry: Where the registry is.
        placing: Where to, by whom, why, and signed with which key.
    """
    opened = open_registry(registry)
    found = opened.version(model, version)
    deployer = Deployer(opened, model, signed_folders(placing.sign_key))
    end_deployment(opened, model, deployer.deploy(str(found.number), placing.order(found)))


def roll_back(model: str, registry: str | None, placing: Placing) -> None:
    """Put the version back that was served before.

    Args:
        model: Name of the model.
        registry: Where the registry is.
        placing: Where to, by whom, why, and signed with which key.
    """
    opened = open_registry(registry)
    deployer = Deployer(opened, model, signed_folders(placing.sign_key))
    end_deployment(opened, model, deployer.roll_back(placing.order(opened.version(model))))


def signed_folders(key: Path | None) -> LocalFolders:
    """Return what publishes versions.

    Args:
        key: File with a private key; without one, nothing is signed.

    Returns:
        The serving folders of this machine.
    """
    return LocalFolders(FolderSigner(key).sign if key else None)


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


def end_deployment(opened: Registry, model: str, made: Deployment) -> None:
    """Put the papers of a version beside it; it is served, whether they can be put there or not.

    Args:
        opened: The registry.
        model: Name of the model.
        made: Its deployment.
    """
    say(f"version {made.version} of {model} is served from {made.folder} since {made.at}")
    try:
        put_beside(registered_version(Reference(model, str(made.version)), opened), made.folder)
    except (InvalidInputError, OSError) as exc:
        say(f"its model card cannot be put beside it: {exc}")
