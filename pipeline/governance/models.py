"""Find the model that a user names: by its folder, by a run, or by what a registry knows."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.locations import absolute, is_remote
from components.pusher.params import PUSHED_DESTINATION
from pipeline.config.layout import output_layout
from pipeline.metadata.opening import open_store
from pipeline.predictions.pushed_model import version_folder
from pipeline.querying.places import run_folders
from pipeline.runs.past_runs import connection_to, past_runs

PUSHED_TYPE = "PushedModel"


@dataclass(frozen=True)
class Asked:
    """Which model the user means, and where its run may be.

    Attributes:
        model: A version folder, a folder of versions, or the id of a run.
        output_dir: The output folder of its run; looked for where it is not given.
        metadata_url: The address of the metadata instead.
    """

    model: str
    output_dir: str | None = None
    metadata_url: str | None = None


@dataclass(frozen=True)
class FoundModel:
    """A pushed model.

    Attributes:
        folder: Its version folder: a path or a URI.
        connection: The metadata that knows it.
        pushed_id: Id of its `PushedModel` artifact there.
        place: What the metadata was found by, for messages.
    """

    folder: str
    connection: mlmd.ConnectionConfig
    pushed_id: int
    place: str


def find_model(asked: Asked) -> FoundModel:
    """Find a pushed model and the metadata that knows it.

    Args:
        asked: Which one.

    Returns:
        The model.

    Raises:
        InvalidInputError: If there is no such model, or no metadata knows it.
    """
    folder = registered_folder(asked.model) or _folder(asked.model)
    if folder is None:
        return _of_run(asked)
    places = list(_places(asked, folder))
    for place in places:
        connection = connection_to(*place)
        for artifact in open_store(connection).get_artifacts_by_type(PUSHED_TYPE):
            if _destination(artifact) == folder:
                return FoundModel(folder, connection, artifact.id, str(place[0] or place[1]))
    looked = ", ".join(str(place[0] or "--metadata-url") for place in places) or "output/"
    raise InvalidInputError(
        f"no run pushed the model in {folder}: looked in {looked}; give the output folder of its "
        "run (--output-dir) or the address of its metadata (--metadata-url)"
    )


def registered_folder(model: str) -> str | None:
    """Look the folder of a registered version up.

    Args:
        model: What the user gave.

    Returns:
        `None`: so far no name of a registry stands for a folder.
    """
    del model
    return None


def _folder(model: str) -> str | None:
    if is_remote(model):
        return absolute(model)
    if not Path(absolute(model)).is_dir():
        return None
    return str(version_folder(Path(absolute(model))))


def _places(asked: Asked, folder: str) -> Iterator[tuple[str | None, str | None]]:
    """Yield output folder or address of each metadata that may know the model."""
    if asked.output_dir or asked.metadata_url:
        yield asked.output_dir, asked.metadata_url
        return
    around = [] if is_remote(folder) else [str(parent) for parent in Path(folder).parents]
    near = [one for one in around if Path(output_layout(one).metadata).is_file()]
    for place in dict.fromkeys([*near, *run_folders()]):
        yield place, None


def _of_run(asked: Asked) -> FoundModel:
    for output_dir, url in _places(asked, "/"):
        connection = connection_to(output_dir, url)
        store = open_store(connection)
        if store.get_context_by_type_and_name("pipeline_run", asked.model) is not None:
            return _pushed_by(asked.model, output_dir, url, store)
    raise InvalidInputError(
        f"{asked.model} is neither a folder nor a run in {asked.output_dir or 'output/'}; give a "
        "version folder, or the id of a run with its output folder (--output-dir)"
    )


def _pushed_by(
    run_id: str, output_dir: str | None, url: str | None, store: MetadataStore
) -> FoundModel:
    (run,) = past_runs(output_dir, url, run_ids=[run_id])
    pushed = run.artifact("Pusher", "pushed_model")
    if pushed is None or not run.pushed_model:
        raise InvalidInputError(
            f"the run {run_id} pushed no model ({run.state.replace('_', ' ')}); give a run that did"
        )
    return FoundModel(
        run.pushed_model, connection_to(output_dir, url), pushed.id, str(output_dir or url)
    )


def _destination(artifact: mlmd.Artifact) -> str:
    return str(artifact.custom_properties[PUSHED_DESTINATION].string_value).rstrip("/")
