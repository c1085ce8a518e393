"""Find and open the registry that a command is about, and the versions that users name."""

import re
from dataclasses import dataclass
from pathlib import Path

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.locations import is_remote
from bert_aas.registry.deploying import Deployer
from bert_aas.registry.deployments import Deployment, served
from bert_aas.registry.places import FILE, registry_place
from bert_aas.registry.registry import Registry, chosen
from bert_aas.registry.versions import Version
from pipeline.environment import registry_address

_OUTPUTS = Path("output")
_SCHEME = "models:/"
_REFERENCE = re.compile(r"(?P<model>[^\W_][^/@]*)(?:[/@](?P<version>[\w-]+))?")


@dataclass(frozen=True)
class Reference:
    """A version of a registered model, as a user names it.

    Attributes:
        model: Name of the model.
        version: Number or alias; the newest if empty.
        is_certain: Whether nothing but a version can be meant.
    """

    model: str
    version: str = ""
    is_certain: bool = False

    def __str__(self) -> str:
        """Write it as MLflow does."""
        return f"{_SCHEME}{self.model}{f'/{self.version}' if self.version else ''}"


@dataclass(frozen=True)
class RegisteredVersion:
    """A version with all others of its model.

    Attributes:
        registry: The registry.
        version: The version.
        versions: All versions of the model, the oldest first.
    """

    registry: Registry
    version: Version
    versions: tuple[Version, ...]

    @property
    def name(self) -> str:
        """Name and number."""
        return f"{self.version.model}/{self.version.number}"

    @property
    def served(self) -> list[Deployment]:
        """Where it is served now."""
        known = served(made for each in self.versions for made in each.deployments)
        return [made for made in known.values() if made.version == self.version.number]

    def deployed_here(self) -> Deployment:
        """Find the folder on this machine that it was deployed to last.

        Returns:
            The deployment.

        Raises:
            InvalidInputError: If there is none.
        """
        for made in reversed(self.version.deployments):
            if not is_remote(made.folder) and Path(made.folder).is_dir():
                return made
        raise InvalidInputError(
            f"{self.name} was deployed to no folder that is on this machine; `bert-aas models "
            f"deploy {self.version.model} {self.version.number}` deploys it"
        )


def reference(asked: str) -> Reference | None:
    """Read the name of a version.

    Args:
        asked: `NAME`, `NAME/VERSION`, `NAME@ALIAS`, or one of these after `models:/`.

    Returns:
        The reference; `None` for what can only be a path.
    """
    found = _REFERENCE.fullmatch(asked.removeprefix(_SCHEME))
    if found is None:
        return None
    return Reference(found["model"], found["version"] or "", asked.startswith(_SCHEME))


def open_registry(given: str | None) -> Registry:
    """Open a registry that is there.

    Args:
        given: What `--registry` was given.

    Returns:
        The registry.

    Raises:
        InvalidInputError: If there is none, or several could be meant.
    """
    place = registry_place(given or registry_address() or _only_one())
    if place.file is not None and not place.file.is_file():
        raise InvalidInputError(
            f"there is no registry in {place.file.parent}: a run with `registry.enabled: true` "
            "makes one"
        )
    return Registry(place)


def registered_version(named: Reference, registry: Registry) -> RegisteredVersion:
    """Look a version up.

    Args:
        named: Which one.
        registry: The registry.

    Returns:
        The version.

    Raises:
        InvalidInputError: If there is none.
    """
    with registry.locked():
        versions = Deployer(registry, named.model).settled()
    return RegisteredVersion(
        registry, chosen(versions, named.model, named.version), tuple(versions)
    )


def _only_one() -> str:
    inside = sorted(_OUTPUTS.iterdir()) if _OUTPUTS.is_dir() else []
    found = [folder for folder in (_OUTPUTS, *inside) if (folder / FILE).is_file()]
    if len(found) > 1:
        listed = ", ".join(map(str, found))
        raise InvalidInputError(f"there are several registries, in {listed}; name one (--registry)")
    return str(found[0] if found else _OUTPUTS)
