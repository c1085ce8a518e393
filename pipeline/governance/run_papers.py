"""The papers of what a run has pushed and registered, written at its end."""

import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.config.card_file import read_card
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.governance.asked import Asked
from pipeline.governance.environments import environment_here
from pipeline.governance.facts import read_model
from pipeline.governance.models import FoundModel, find_model
from pipeline.governance.paper_files import FILES, papers_folder, registered_name
from pipeline.governance.papers import Papers, are_there, fill, publish
from pipeline.governance.registrations import ATTACHED, mark_attached, noted_as
from pipeline.governance.registries import Reference
from pipeline.metadata.opening import open_store
from pipeline.runs.past_runs import connection_to

_AT_END = "Python and packages are those of the process that ended the run."

_logger = logging.getLogger(__name__)


def write_papers_once(config: PipelineConfig, summary: Mapping[str, Any]) -> None:
    """Write the papers of the model that a run has pushed or registered, unless they are there.

    Whatever goes wrong is logged: the run has ended well, and they can be written later.

    Args:
        config: The configuration of the run.
        summary: The content of `run.json`.
    """
    folder, registered = summary["pushed_model"], summary.get("registered")
    for write, what in ((_beside, folder), (_into_registry, registered)):
        try:
            if what:
                write(config, what)
        except Exception:  # the run has ended well
            _logger.warning("the papers of %s cannot be written", what, exc_info=True)


def _beside(config: PipelineConfig, folder: str) -> None:
    if are_there(papers_folder(folder)):
        return
    found = find_model(_asked(config, folder))
    with tempfile.TemporaryDirectory() as place:
        fill(Path(place), _papers(config, found))
        publish(Path(place), papers_folder(folder))


def _into_registry(config: PipelineConfig, registered: Mapping[str, Any]) -> None:
    """Add the papers to the files of a registered version; the metadata say that it was done.

    So a run that takes all from the cache does not ask the registry.
    """
    named = Reference(registered["model"], str(registered["version"]), is_certain=True)
    asked = _asked(config, str(named), registered["registry"])
    store = open_store(connection_to(asked.output_dir, asked.metadata_url))
    noted = noted_as(store, named.model, int(named.version), registered["registry"])
    if noted is None or noted.properties.get(ATTACHED):
        return
    found = find_model(asked)
    assert found.registered is not None  # noqa: S101 - it was asked for by its name there
    with tempfile.TemporaryDirectory() as place:
        fill(Path(place), _papers(config, found))
        files = {registered_name(file): Path(place, file) for file in FILES}
        found.registered.registry.attach(found.registered.version, files)
    mark_attached(store, noted.id)


def _papers(config: PipelineConfig, found: FoundModel) -> Papers:
    return Papers(read_model(found, environment_here(_AT_END)), read_card(config.card))


def _asked(config: PipelineConfig, model: str, registry: str | None = None) -> Asked:
    url = config.metadata.url
    return Asked(model, None if url else config.output_dir, url, registry)
