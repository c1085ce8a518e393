"""Where a project keeps what SQL reads: the catalogue, and the output folders of its runs."""

from collections.abc import Sequence
from pathlib import Path

from bert_aas.catalogue.store import FILE, FOLDER, Catalogue
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.locations import absolute, is_remote
from bert_aas.features.store import FOLDER as GROUPS
from bert_aas.features.store import FeatureStore
from pipeline.config.layout import output_layout
from pipeline.environment import captured_folder, catalogue_file, features_folder

_CAPTURED = "captured"
_OUTPUTS = "output"
"""The folder that the configurations of this project put their output folders in."""


def open_catalogue(given: str | Path | None = None) -> Catalogue:
    """Open the catalogue of a project.

    Args:
        given: Its file; by default `$BERT_AAS_CATALOG`, else `.bert-aas/catalog.json` in the
            working folder.

    Returns:
        The catalogue. Its file need not be there.
    """
    return Catalogue(catalogue_file(Path(FOLDER, FILE)) if given is None else Path(given))


def open_features(given: str | Path | None = None) -> FeatureStore:
    """Open the feature groups of a project.

    Args:
        given: Their folder; by default `$BERT_AAS_FEATURES`, else `feature_groups` in the working
            folder.

    Returns:
        The store. Its folder need not be there.
    """
    return FeatureStore(features_folder(Path(GROUPS)) if given is None else Path(given))


def requests_folder() -> Path:
    """Return where the model server writes requests down.

    Returns:
        `$BERT_AAS_CAPTURED`, else `captured` in the working folder. It need not be there.
    """
    return captured_folder(Path(_CAPTURED))


def run_folders(given: Sequence[str] = ()) -> list[str]:
    """Find the output folders of runs.

    Args:
        given: Folders that the user named.

    Returns:
        Those; else the folders in `output` that hold the metadata of runs, and `output` itself.

    Raises:
        InvalidInputError: If a folder that was named holds none.
    """
    for folder in given:
        if is_remote(folder) or not _has_runs(absolute(folder)):
            raise InvalidInputError(
                f"there are no runs in {folder}: SQL reads those of output folders on this machine "
                "that hold a metadata.sqlite"
            )
    if given:
        return list(dict.fromkeys(map(absolute, given)))
    top = Path(_OUTPUTS)
    inside = sorted(path for path in top.iterdir() if path.is_dir()) if top.is_dir() else []
    return [absolute(str(path)) for path in (top, *inside) if _has_runs(str(path))]


def _has_runs(folder: str) -> bool:
    return Path(output_layout(folder).metadata).is_file()
