"""The one place where `pipeline` reads the environment."""

import os
import warnings
from pathlib import Path

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
CACHE_DIR_VARIABLE = "BERT_AAS_CACHE"


def cache_dir() -> Path:
    """Return the folder for imported encoders.

    Returns:
        `$BERT_AAS_CACHE`, else `$XDG_CACHE_HOME/bert-aas`, else `~/.cache/bert-aas`.
    """
    given = os.environ.get(CACHE_DIR_VARIABLE)
    if given:
        return Path(given).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "bert-aas"


def quiet_libraries() -> None:
    """Silence start-up messages of libraries; must run before TensorFlow is imported."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Libraries of Google announce when they will stop supporting this Python.
    warnings.filterwarnings("ignore", category=FutureWarning, module="google")
