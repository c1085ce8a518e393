"""The one place where `models` reads the environment."""

import os
from pathlib import Path

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
