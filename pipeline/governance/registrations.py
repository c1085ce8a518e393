"""What Registrars noted in the metadata: which model became which version of which registry."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ml_metadata.metadata_store import MetadataStore

from bert_aas.registry.places import registry_place
from bert_aas.registry.registry import Registry
from components.registrar.params import (
    MODEL_URI,
    REGISTERED_MODEL,
    REGISTERED_VERSION,
    REGISTRY_URL,
)
from pipeline.governance.registries import Reference, RegisteredVersion, registered_version
from pipeline.metadata.ancestry import read_executions
from pipeline.metadata.records import property_values

ATTACHED = "papers_attached"
"""Property of a registration whose papers are among the files of its version."""

_TYPE = "Metrics"
_SAVED_MODEL = "Format-Serving"


@dataclass(frozen=True)
class Registration:
    """What a Registrar noted.

    Attributes:
        id: Id of its artifact.
        model: Name of the registered model.
        number: Number of the version.
        url: Where the registry is, as the run saw it.
        model_uri: Folder of the model's artifact.
        properties: All properties of the artifact.
    """

    id: int
    model: str
    number: int
    url: str
    model_uri: str
    properties: Mapping[str, Any]

    def source(self) -> str:
        """Say where the run has the SavedModel."""
        return f"{self.model_uri}/{_SAVED_MODEL}"

    def registry(self) -> Registry | None:
        """Return its registry; `None` if the file is gone."""
        place = registry_place(self.url)
        return Registry(place) if place.file is None or place.file.is_file() else None


def registrations(store: MetadataStore) -> list[Registration]:
    """List what Registrars noted, the newest first; what was not registered is left out.

    Args:
        store: The open metadata.

    Returns:
        The registrations.
    """
    found = (
        registration(one.id, property_values(one.custom_properties))
        for one in store.get_artifacts_by_type(_TYPE)
    )
    return sorted((one for one in found if one), key=lambda one: one.id, reverse=True)


def registration(artifact_id: int, properties: Mapping[str, Any]) -> Registration | None:
    """Read what a Registrar noted.

    Args:
        artifact_id: Id of an artifact.
        properties: Its properties.

    Returns:
        The registration; `None` if it is none, or nothing was registered.
    """
    if not properties.get(REGISTERED_VERSION):
        return None
    model, url, uri = (
        str(properties.get(k, "")) for k in (REGISTERED_MODEL, REGISTRY_URL, MODEL_URI)
    )
    return Registration(
        artifact_id, model, int(properties[REGISTERED_VERSION]), url, uri, properties
    )


def run_of(store: MetadataStore, artifact_id: int) -> str:
    """Say which run made an artifact.

    Args:
        store: The open metadata.
        artifact_id: Its id.

    Returns:
        The id of the run.
    """
    events = store.get_events_by_artifact_ids([artifact_id])
    (made,) = read_executions(store, {min(event.execution_id for event in events)})
    return made.run_id


def registration_of(store: MetadataStore, wanted: RegisteredVersion) -> Registration | None:
    """Find the registration of a version.

    A server may have another address here than where the run was; then the run tells.

    Args:
        store: The open metadata.
        wanted: The version.

    Returns:
        The newest that fits; `None` if there is none.
    """
    version, url = wanted.version, wanted.registry.place.url
    for one in registrations(store):
        if (one.model, one.number) == (version.model, version.number) and (
            one.url == url or run_of(store, one.id) == version.run
        ):
            return one
    return None


def noted_as(store: MetadataStore, model: str, number: int, url: str) -> Registration | None:
    """Find the newest registration of a version in a registry.

    Args:
        store: The open metadata.
        model: Name of the model.
        number: Number of the version.
        url: Where the registry is, as the run saw it.

    Returns:
        The registration; `None` if there is none.
    """
    wanted = (model, number, url)
    return next(
        (one for one in registrations(store) if (one.model, one.number, one.url) == wanted), None
    )


def mark_attached(store: MetadataStore, artifact_id: int) -> None:
    """Note that the papers of a registration are among the files of its version.

    Args:
        store: The open metadata.
        artifact_id: Id of the registration.
    """
    (artifact,) = store.get_artifacts_by_id([artifact_id])
    artifact.custom_properties[ATTACHED].int_value = 1
    store.put_artifacts([artifact])


def deployed_version(
    known: Iterable[Registration], folder: str, registry: Registry | None
) -> tuple[Registration, RegisteredVersion] | None:
    """Find the version that a command has put into a folder.

    Args:
        known: What Registrars noted.
        folder: The version folder.
        registry: Where to look instead of the registries that were noted.

    Returns:
        The version with its registration; `None` if no registry knows the folder.
    """
    for one, opened in _registries(known, registry):
        found = registered_version(Reference(one.model, str(one.number)), opened)
        if folder in [made.folder for made in found.version.deployments]:
            return one, found
    return None


def _registries(
    known: Iterable[Registration], given: Registry | None
) -> Iterator[tuple[Registration, Registry]]:
    for one in known:
        opened = given or one.registry()
        if opened is not None:
            yield one, opened
