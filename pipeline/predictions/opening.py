"""A model in this process or behind a server, whichever is meant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from pipeline.predictions.model_source import ModelSource
from pipeline.predictions.predicted import TextModel
from pipeline.predictions.pushed_model import Predictor


@contextmanager
def open_model(source: ModelSource) -> Iterator[TextModel]:
    """Load the model, or connect to the server.

    Args:
        source: Where it is.

    Yields:
        The model.
    """
    if source.model_dir is not None:
        with closing(Predictor(source.model_dir)) as predictor:
            yield predictor
        return
    from pipeline.predictions.remote_prediction import connect

    with connect(source) as model:
        yield model
