"""The pipeline in a notebook; importing this package takes no time."""

from pipeline.runners.notebook.errors import NotebookError
from pipeline.runners.notebook.opening import open_pipeline

__all__ = ["NotebookError", "open_pipeline"]
