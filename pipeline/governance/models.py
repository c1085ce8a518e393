"""Find the model that a user names: by its folder, by a run, or by its name in a registry."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ml_metadata.proto import metadata_store_pb2 as mlmd

from bert_aas.contracts.errors import InvalidInputError, UnavailableError
from bert_aas.contracts.files.locations import absolute, is_remote
from bert_aas.registry.places import FILE
from components.pusher.params import PUSHED_DESTINATION
from pipeline.config.layout import output_layout
from pipeline.governance.asked import Asked
from pipeline.governance.registrations import deployed_version, registration_of, registrations
from pipeline.governance.registries import (
    Reference,
    RegisteredVersion,
    open_registry,
    reference,
    registered_version,
)
from pipeline.metadata.opening import open_store
from pipeline.metadata.records import RUN_CONTEXT
from pipeline.predictions.pushed_model import version_folder
from pipeline.querying.places import run_folders
from pipeline.runs.past_runs import connection_to, past_runs

PUSHED_TYPE = "PushedModel"
_Place: TypeAlias = tuple[str | None, str | None]
"""An output folder, or the address of metadata."""


@dataclass(frozen=True)
class FoundModel:
    """A model.

    Attributes:
        folder: Its version folder, or where its run has it: a path or a URI.
        connection: The metadata that knows it.
        made_id: Id of what its Pusher or its Registrar made of it there.
        place: What the metadata was found by, for messages.
        registered: Its version in a registry, if it was found by that.
    """

    folder: str
    connection: mlmd.ConnectionConfig
    made_id: int
    place: str
    registered: RegisteredVersion | None = None

    @property
    def number(self) -> str:
        """Its number in the registry, if it was found by that; else the one that servers know."""
        if self.registered:
            return str(self.registered.version.number)
        return self.folder.rpartition("/")[2]

    @property
    def content(self) -> str:
        """The hash that it was registered with; empty if that is not known."""
        return self.registered.version.content if self.registered else ""


def find_model(asked: Asked) -> FoundModel:
    """Find a model and the metadata that knows it.

    Args:
        asked: Which one.

    Returns:
        The model.

    Raises:
        InvalidInputError: If there is no such model, or no metadata knows it.
    """
    version = find_version(asked)
    return find_unregistered(asked) if version is None else model_of(version, asked)


def find_unregistered(asked: Asked) -> FoundModel:
    """Find a model that is not named as one of a registry, and the metadata that knows it.

    Args:
        asked: Which one.

    Returns:
        The model.

    Raises:
        InvalidInputError: If there is no such folder or run, or no metadata knows it.
    """
    folder = _folder(asked.model)
    return _of_run(asked) if folder is None else _of_folder(asked, folder)


def find_version(asked: Asked) -> RegisteredVersion | None:
    """Look a version up in the registry, if the user named one.

    Args:
        asked: Which model.

    Returns:
        The version; `None` where a folder or a run is meant.

    Raises:
        InvalidInputError: If there is no such version, folder or run.
        UnavailableError: If the registry cannot be reached.
    """
    named = reference(asked.model)
    if named is None:
        return None
    if not named.is_certain and (_folder(asked.model) or _is_run(named, asked)):
        return None
    try:
        return registered_version(named, open_registry(asked.registry or _registry_in(asked)))
    except UnavailableError:
        raise
    except InvalidInputError as exc:
        if named.is_certain:
            raise
        raise InvalidInputError(
            f"{asked.model} is neither a folder nor a run in {asked.output_dir or 'output/'}, nor "
            f"a registered model: {exc}"
        ) from exc


def model_of(version: RegisteredVersion, asked: Asked) -> FoundModel:
    """Find the metadata that knows a registered version.

    Args:
        version: The version.
        asked: Where its run may be.

    Returns:
        The model, in the folder of its run.

    Raises:
        InvalidInputError: If no metadata knows it.
    """
    file = version.registry.place.file
    places = list(_places(asked, version.version.source, str(file) if file else ""))
    for place in places:
        connection = connection_to(*place)
        found = registration_of(open_store(connection), version)
        if found is not None:
            return FoundModel(found.source(), connection, found.id, _named(place), version)
    raise InvalidInputError(
        f"no run registered {version.name}: looked in {_all_named(places)}; give the output folder "
        "of its run (--output-dir) or the address of its metadata (--metadata-url)"
    )


def _folder(model: str) -> str | None:
    if is_remote(model):
        return absolute(model)
    if not Path(absolute(model)).is_dir():
        return None
    return str(version_folder(Path(absolute(model))))


def _of_folder(asked: Asked, folder: str) -> FoundModel:
    places = list(_places(asked, folder))
    for place in places:
        connection = connection_to(*place)
        store = open_store(connection)
        for artifact in store.get_artifacts_by_type(PUSHED_TYPE):
            if _destination(artifact) == folder:
                return FoundModel(folder, connection, artifact.id, _named(place))
        registry = open_registry(asked.registry) if asked.registry else None
        deployed = deployed_version(registrations(store), folder, registry)
        if deployed is not None:
            return FoundModel(folder, connection, deployed[0].id, _named(place), deployed[1])
    raise InvalidInputError(
        f"no run pushed the model in {folder}, and no command deployed it there: looked in "
        f"{_all_named(places)}; give the output folder of its run (--output-dir) or the address of "
        "its metadata (--metadata-url)"
    )


def _places(asked: Asked, *near: str) -> Iterator[_Place]:
    """Yield output folder or address of each metadata that may know a model."""
    if asked.output_dir or asked.metadata_url:
        yield asked.output_dir, asked.metadata_url
        return
    around = [str(up) for one in near if one.startswith("/") for up in Path(one).parents]
    known = [one for one in around if Path(output_layout(one).metadata).is_file()]
    for place in dict.fromkeys([*known, *run_folders()]):
        yield place, None


def _named(place: _Place) -> str:
    return str(place[0] or place[1])


def _all_named(places: Sequence[_Place]) -> str:
    return ", ".join(str(place[0] or "--metadata-url") for place in places) or "output/"


def _registry_in(asked: Asked) -> str | None:
    """Return the output folder that was named, if it has a registry."""
    folder = asked.output_dir
    if folder is None or is_remote(folder) or not Path(absolute(folder), FILE).is_file():
        return None
    return folder


def _is_run(named: Reference, asked: Asked) -> bool:
    return not named.version and _place_of_run(asked) is not None


def _place_of_run(asked: Asked) -> _Place | None:
    for place in _places(asked):
        store = open_store(connection_to(*place))
        if store.get_context_by_type_and_name(RUN_CONTEXT, asked.model) is not None:
            return place
    return None


def _of_run(asked: Asked) -> FoundModel:
    place = _place_of_run(asked)
    if place is None:
        raise InvalidInputError(
            f"{asked.model} is neither a folder nor a run in {asked.output_dir or 'output/'}; give "
            "a version folder, or the id of a run with its output folder (--output-dir), or "
            "NAME/VERSION of a registered model"
        )
    run_id = asked.model
    (run,) = past_runs(*place, run_ids=[run_id])
    pushed = run.artifact("Pusher", "pushed_model")
    if pushed is None or not run.pushed_model:
        raise InvalidInputError(
            f"the run {run_id} pushed no model ({run.state.replace('_', ' ')}); give a run that did"
        )
    return FoundModel(run.pushed_model, connection_to(*place), pushed.id, _named(place))


def _destination(artifact: mlmd.Artifact) -> str:
    return str(artifact.custom_properties[PUSHED_DESTINATION].string_value).rstrip("/")
