"""Imports TensorFlow late and quietly: it takes seconds, and `--help` must not wait for it."""

import logging
import warnings
from typing import Any

from serving.settings import silence_tensorflow

logger = logging.getLogger(__name__)


def load_tensorflow() -> Any:
    """Import TensorFlow, and TF Text for the ops it registers; text models contain them.

    Call it once from the main thread before other threads need it: it mutes third-party import
    warnings meanwhile, and Python's warning filters belong to the whole process.

    Returns:
        The module `tensorflow`.
    """
    silence_tensorflow()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import tensorflow as tf

        try:
            import tensorflow_text  # noqa: F401 - imported for its ops
        except ImportError:
            logger.info("tensorflow-text is not installed; models with its ops cannot be loaded.")
    return tf
