"""The folders and files of one output folder."""

from dataclasses import dataclass
from pathlib import Path

from bert_aas.contracts.locations import absolute, is_remote
from models.errors import InvalidInputError

__all__ = ["OutputLayout", "absolute", "is_remote", "layout_here", "output_layout"]


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


def layout_here(output_dir: str) -> OutputLayout:
    """Lay out the output folder of a run on this machine, and make it.

    Args:
        output_dir: As configured.

    Returns:
        Its folders and files.

    Raises:
        InvalidInputError: If it lies elsewhere.
    """
    layout = output_layout(output_dir)
    if is_remote(layout.root):
        raise InvalidInputError(
            f"`output_dir` is {layout.root}, but a run on this machine needs a folder of it; an "
            "orchestrator's nodes may write elsewhere, see `bert-aas compile`"
        )
    Path(layout.root).mkdir(parents=True, exist_ok=True)
    return layout
