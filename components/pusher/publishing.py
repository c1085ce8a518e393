"""Put a SavedModel under a new version number where servers look, complete or not at all.

On a disk the finished folder gets its name by one rename. Object storage has no rename: there
`saved_model.pb` comes last, which servers wait for, and a number is claimed before it is used.

Source:
    TensorFlow Serving takes a version for complete once `saved_model.pb` is there.
"""

import contextlib
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tfx.utils import io_utils

from bert_aas.contracts.files.version_folders import publish_folder
from components.pusher.claims import claimed_version

_GRAPH_FILE = "saved_model.pb"
_REMOTE = "://"


def publish(model_path: str, base: str, seal: Callable[[Path], None] | None = None) -> str:
    """Copy a model to the next version.

    Args:
        model_path: Folder of the SavedModel, a path or a URI.
        base: Base path of the versions, a path or a URI.
        seal: Is called with the finished copy before anything of it is published: it may add files.

    Returns:
        The version's folder; the name is the Unix time, or more where that number is taken.
    """
    if _REMOTE in base:
        with _sealed(model_path, seal) as sealed, claimed_version(base) as version:
            target = f"{base.rstrip('/')}/{version}"
            _copy_in_order(sealed, target)
        return target

    def fill(staged: Path) -> None:
        io_utils.copy_dir(model_path, str(staged))
        if seal:
            seal(staged)

    return str(publish_folder(Path(base), fill))


@contextlib.contextmanager
def _sealed(model_path: str, seal: Callable[[Path], None] | None) -> Iterator[str]:
    """Give a copy of a model on this machine that is sealed; the model itself without a seal."""
    if seal is None:
        yield model_path
        return
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place, "model")
        io_utils.copy_dir(model_path, str(copy))
        seal(copy)
        yield str(copy)


def _copy_in_order(model_path: str, target: str) -> None:
    graph = rf"{re.escape(model_path.rstrip('/'))}/{re.escape(_GRAPH_FILE)}$"
    io_utils.copy_dir(model_path, target, deny_regex_patterns=[graph])
    io_utils.copy_file(f"{model_path}/{_GRAPH_FILE}", f"{target}/{_GRAPH_FILE}")
