"""Small files for nodes, stored under names that contain the hash of their content."""

import hashlib

from bert_aas.contracts.files.atomic import name_aside

_DIGITS = 16


def keep(content: bytes, folder: str, suffix: str) -> str:
    """Keep a small file where every worker can read it.

    Args:
        content: The file's.
        folder: A folder in the output folder.
        suffix: Of the file's name, e.g. `.txt`.

    Returns:
        Its path, which a cache key may hold: other content has another name.
    """
    from tfx.dsl.io import fileio

    path = f"{folder}/{hashlib.sha256(content).hexdigest()[:_DIGITS]}{suffix}"
    if not fileio.exists(path):
        fileio.makedirs(folder)
        aside = name_aside(path)
        with fileio.open(aside, "wb") as file:
            file.write(content)
        fileio.rename(aside, path, overwrite=True)
    return path
