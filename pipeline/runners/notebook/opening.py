"""Open the pipeline in a notebook; importing this module takes no time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.config.pipeline_config import PipelineConfig
from pipeline.environment import quiet_libraries
from pipeline.runners.notebook.errors import NotebookError, in_a_sentence

if TYPE_CHECKING:
    from pipeline.runners.notebook.pipeline import NotebookPipeline

__all__ = ["NotebookError", "open_pipeline"]


@in_a_sentence
def open_pipeline(
    config: str | Path | PipelineConfig,
    *,
    parameters: Mapping[str, Any] | None = None,
    settings: Iterable[str] = (),
    output_dir: str | None = None,
) -> NotebookPipeline:
    """Check the configuration, the data and the encoder, and compile the graph.

    Args:
        config: A YAML file, or a configuration.
        parameters: The parameters that a run has in every runner: `data_path`, `epochs`,
            `learning_rate`, `threshold`, `encoder`, `output_dir`.
        settings: `section.key=value` pairs for any other field.
        output_dir: Folder for everything that is made.

    Returns:
        The pipeline, ready to run nodes.

    Raises:
        NotebookError: If something that was given cannot be used.

    Example:
        >>> from bert_aas import open_pipeline
        >>> pipeline = open_pipeline("configs/demo.yaml")  # doctest: +SKIP
        >>> pipeline.run_to("Transform")  # doctest: +SKIP
    """
    quiet_libraries()
    from pipeline.runners.notebook.display import libraries_to_log, shown_while

    with shown_while("loading TFX"), libraries_to_log(Path(os.devnull)):
        from pipeline.runners.notebook.pipeline import NotebookPipeline

    with shown_while("checking data and encoder, compiling the graph"):
        return NotebookPipeline(config, parameters, settings, output_dir)
