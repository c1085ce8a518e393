"""Storage that is no disk: TensorFlow's in-memory file system, `ram://`.

What works there goes through TensorFlow's file systems alone, as it must with gs:// and s3://.
"""

from pathlib import Path

import tensorflow as tf


def ram_uri(folder: Path) -> str:
    """Name a folder in memory after a folder of the test, which no other test has."""
    return f"ram:/{folder.absolute()}"


def upload(folder: Path, uri: str) -> str:
    """Copy a folder's files, and give the URI."""
    for path in folder.rglob("*"):
        target = f"{uri}/{path.relative_to(folder)}"
        if path.is_file():
            tf.io.gfile.makedirs(target.rpartition("/")[0])
            tf.io.gfile.copy(str(path), target)
    return uri


def stored(uri: str) -> dict[str, bytes]:
    """Read all files under a URI."""
    return {
        f"{folder.removeprefix(uri).strip('/')}/{name}".lstrip("/"): _read(f"{folder}/{name}")
        for folder, _, names in tf.io.gfile.walk(uri)
        for name in names
    }


def _read(path: str) -> bytes:
    with tf.io.gfile.GFile(path, "rb") as file:
        return bytes(file.read())
