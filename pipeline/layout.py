"""The folders and files of one output folder."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class OutputLayout:
    """Where a pipeline keeps what it makes.

    Attributes:
        root: The output folder.
    """

    root: Path

    @property
    def artifacts(self) -> Path:
        """Folder of TFX's artifacts, by node and execution."""
        return self.root / "artifacts"

    @property
    def metadata(self) -> Path:
        """SQLite file of the metadata, unless the configuration names another store."""
        return self.root / "metadata.sqlite"

    @property
    def checkpoints(self) -> Path:
        """Folder of checkpoints of trainings that are not finished."""
        return self.root / "checkpoints"

    @property
    def schemas(self) -> Path:
        """Folder of the curated schemas that runs used, each named after its content."""
        return self.root / "schemas"

    @property
    def serving_model(self) -> Path:
        """Base path of the pushed versions, unless the configuration names another."""
        return self.root / "serving_model"

    @property
    def run_summary(self) -> Path:
        """The machine-readable summary of the last run."""
        return self.root / "run.json"

    @property
    def compiled_graph(self) -> Path:
        """The compiled graph of the last run."""
        return self.root / "pipeline_ir.json"

    @property
    def report(self) -> Path:
        """The report of the last run for people."""
        return self.root / "report.html"

    def log(self, run_id: str) -> Path:
        """Return the full log of one run."""
        return self.root / "logs" / f"{run_id}.log"


def output_layout(output_dir: str) -> OutputLayout:
    """Lay the configured output folder out.

    Args:
        output_dir: As configured; a relative one is taken from the working folder.

    Returns:
        Its folders and files, absolute: they are written into the metadata.
    """
    return OutputLayout(Path(output_dir).absolute())
