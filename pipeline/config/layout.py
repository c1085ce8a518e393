"""The folders and files of one output folder."""

import contextlib
import errno
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.locations import absolute, is_remote
from bert_aas.contracts.plain_text import printable

_PATTERNS = frozenset("*?[]\\")


@dataclass(frozen=True)
class OutputLayout:
    """Where a pipeline keeps what it makes.

    What nodes write may lie in any storage that TFX reads; summary, report and logs are files of
    this machine.

    Attributes:
        root: The output folder: an absolute path, or a URI such as `gs://bucket/folder`.
    """

    root: str

    @property
    def artifacts(self) -> str:
        """Folder of TFX's artifacts, by node and execution."""
        return f"{self.root}/artifacts"

    @property
    def metadata(self) -> str:
        """SQLite file of the metadata, unless the configuration names another store."""
        return f"{self.root}/metadata.sqlite"

    @property
    def checkpoints(self) -> str:
        """Folder of checkpoints of trainings that are not finished."""
        return f"{self.root}/checkpoints"

    @property
    def schemas(self) -> str:
        """Folder of the curated schemas that runs used, each named after its content."""
        return f"{self.root}/schemas"

    @property
    def vocabularies(self) -> str:
        """Folder of the encoders' vocabularies that runs used, each named after its content."""
        return f"{self.root}/vocabularies"

    @property
    def serving_model(self) -> str:
        """Base path of the pushed versions, unless the configuration names another."""
        return f"{self.root}/serving_model"

    @property
    def run_summary(self) -> Path:
        """The machine-readable summary of the last local run."""
        return Path(self.root, "run.json")

    @property
    def compiled_graph(self) -> Path:
        """The compiled pipeline of the last local run."""
        return Path(self.root, "pipeline.json")

    @property
    def data_summary(self) -> Path:
        """What preflight found in the data, kept for runs on the same data."""
        return Path(self.root, "data_summary.json")

    @property
    def report(self) -> Path:
        """The report of the last local run for people."""
        return Path(self.root, "report.html")

    def log(self, run_id: str) -> Path:
        """Return the full log of one run."""
        return Path(self.root, "logs", f"{run_id}.log")


def output_layout(output_dir: str) -> OutputLayout:
    """Lay the configured output folder out.

    Args:
        output_dir: As configured; a relative one is taken from the working folder.

    Returns:
        Its folders and files, absolute: they are written into the metadata.
    """
    return OutputLayout(absolute(output_dir))


def push_directory(output_dir: str, configured: str | None) -> str:
    """Say where the versions of a pipeline are pushed to.

    Args:
        output_dir: As configured.
        configured: `push.directory`.

    Returns:
        An absolute path or a URI; by default a folder in the output folder.
    """
    return absolute(configured or output_layout(output_dir).serving_model)


def layout_here(output_dir: str) -> OutputLayout:
    """Lay out the output folder of a run on this machine, and make it.

    Args:
        output_dir: As configured.

    Returns:
        Its folders and files.

    Raises:
        InvalidInputError: If it lies elsewhere, or cannot be made.
    """
    layout = output_layout(output_dir)
    if is_remote(layout.root):
        raise InvalidInputError(
            f"`output_dir` is {layout.root}, but a run on this machine needs a folder on "
            "this machine; only the nodes of an orchestrator may write elsewhere, see "
            "`bert-aas compile`"
        )
    with refused_folder(layout.root):
        Path(layout.root).mkdir(parents=True, exist_ok=True)
    return layout


@contextlib.contextmanager
def refused_folder(root: str) -> Iterator[None]:
    """Refuse an output folder in which something cannot be made.

    Args:
        root: The folder.

    Yields:
        Nothing.

    Raises:
        InvalidInputError: If the file system refuses what is done inside.
    """
    try:
        yield
    except OSError as exc:
        reason = "a file is in the way" if exc.errno == errno.EEXIST else exc.strerror
        raise InvalidInputError(
            f"`output_dir` is {root}, where nothing can be written: {str(reason).lower()}; give "
            "another folder (--output-dir, `output_dir`)"
        ) from exc


def check_names(**locations: str | None) -> None:
    """Refuse folders whose names TFX, Beam and TensorFlow would take for patterns.

    Args:
        **locations: Key, `__` for a dot, to a folder in which nodes write; `None` is none.

    Raises:
        InvalidInputError: For the first one.
    """
    for key, location in locations.items():
        place = absolute(location) if location is not None else ""
        wrong = sorted(set(place) & _PATTERNS)
        reason = f"{' '.join(wrong)}, which the file systems of TFX take for a pattern"
        if not wrong and printable(place) != place:
            reason = "line breaks, controls and bytes that are no UTF-8"
        if wrong or printable(place) != place:
            raise InvalidInputError(
                f"`{key.replace('__', '.')}` is {printable(place)}; its name, and those of the "
                f"folders around it, must do without {reason}"
            )
