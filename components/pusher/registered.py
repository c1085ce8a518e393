"""Push a model of the registry: only what nobody rejected, and with its deployment written down."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tfx import types
from tfx.dsl.io import fileio
from tfx.utils import io_utils

from bert_aas.contracts.names import SIGNATURE_FILE
from bert_aas.registry.content import folder_hash
from bert_aas.registry.deploying import Deployer, Order
from bert_aas.registry.places import registry_place
from bert_aas.registry.registry import Registry
from bert_aas.registry.statuses import APPROVED, REJECTED
from components.pusher.claims import versions_in
from components.pusher.publishing import publish

MODEL = "registered_model"
VERSION = "registered_version"
URL = "registry_url"
"""Properties of the Registrar's artifact."""


@dataclass(frozen=True)
class Registration:
    """What the Registrar did.

    Attributes:
        url: Where the registry is.
        model: Name of the model.
        version: Its number.
    """

    url: str
    model: str
    version: int


@dataclass(frozen=True)
class Pushed:
    """What became of a registered model.

    Attributes:
        folder: The folder of the pushed version; `None`: nothing was pushed.
        waits_for: The version that must be approved, as `MODEL VERSION`; empty if none.
    """

    folder: str | None
    waits_for: str = ""


def registration_of(given: Sequence[types.Artifact] | None) -> Registration | None:
    """Read what the Registrar did.

    Args:
        given: Its artifact, if there is one.

    Returns:
        The registration; `None` if there is no registry or nothing was registered.
    """
    for artifact in given or ():
        number = artifact.get_int_custom_property(VERSION)
        if number:
            url, model = (artifact.get_string_custom_property(key) for key in (URL, MODEL))
            return Registration(url, model, number)
    return None


@dataclass(frozen=True)
class RegisteredPlace:
    """Where a registered model goes, and what it takes.

    Attributes:
        base: Base path of the versions, a path or a URI.
        seal: Seals each version before it is published; see `publish`.
        required: Whether the version must be approved.
    """

    base: str
    seal: Callable[[Path], None] | None = None
    required: bool = field(default=False, kw_only=True)


def push_registered(given: Registration, model_path: str, place: RegisteredPlace) -> Pushed:
    """Push a registered model, if the registry lets it.

    Args:
        given: What the Registrar did.
        model_path: Folder of the SavedModel, a path or a URI.
        place: Where it goes.

    Returns:
        Where it is, or what it waits for. A rejected version is not pushed.
    """
    registry = Registry(registry_place(given.url))
    version = registry.version(given.model, str(given.version))
    if version.status == REJECTED:
        return Pushed(None)
    if place.required and version.status != APPROVED:
        return Pushed(None, f"{given.model} {given.version}")
    with _local(model_path) as folder:
        order = Order(place.base, version.started_by, "pushed by its run", "run", folder)
        deployer = Deployer(registry, given.model, PushFolders(place.seal))
        return Pushed(deployer.deploy(str(given.version), order, approved=place.required).folder)


class PushFolders:
    """Serving folders wherever TFX's file systems reach; see `ServingFolders`."""

    def __init__(self, seal: Callable[[Path], None] | None = None) -> None:
        """Take what seals each version; see `publish`."""
        self._seal = seal

    def publish(self, source: Path, directory: str) -> str:
        """Put a model under a number above all others."""
        return publish(str(source), directory, self._seal)

    def numbers(self, directory: str) -> list[int]:
        """List the numbers of the versions in a serving folder."""
        return sorted(versions_in(directory))

    def content(self, folder: str) -> str:
        """Hash the folder of a version."""
        with _local(folder) as local:
            return folder_hash(local)

    def signature(self, folder: str) -> bytes | None:
        """Read the signature of a version; `None` if it is not signed."""
        file = f"{folder}/{SIGNATURE_FILE}"
        if not fileio.exists(file):
            return None
        with fileio.open(file, "rb") as opened:
            return bytes(opened.read())


@contextlib.contextmanager
def _local(folder: str) -> Iterator[Path]:
    """Give a folder on this machine."""
    if "://" not in folder:
        yield Path(folder)
        return
    with tempfile.TemporaryDirectory() as aside:
        io_utils.copy_dir(folder, f"{aside}/model")
        yield Path(aside, "model")
