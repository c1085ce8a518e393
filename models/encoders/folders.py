"""Folders that appear complete or not at all, and fingerprints of their content."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CHUNK_BYTES = 1 << 20
_RANDOM_FILES = frozenset({"fingerprint.pb"})  # TensorFlow writes a random id into it


@contextmanager
def new_folder(output: Path) -> Iterator[Path]:
    """Give a folder to fill, which becomes `output` when the block ends without an error.

    Where another process has made `output` in the meantime, that one stays.

    Args:
        output: The final folder, absent or empty; its parent folders are made.

    Yields:
        An empty folder on the same file system, with nothing beside it.

    Raises:
        OSError: If a folder cannot be made or renamed.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{output.name}-", dir=output.parent) as aside:
        partial = Path(aside, "new")
        partial.mkdir()
        yield partial
        try:
            partial.rename(output)
        except OSError:
            if not output.is_dir():
                raise


def hash_file(path: Path) -> str:
    """Hash one file.

    Args:
        path: The file.

    Returns:
        SHA-256, 64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def hash_files(folder: Path, pattern: str = "*") -> str:
    """Hash the names and contents of a folder's files, at any depth.

    Args:
        folder: The folder.
        pattern: Which file names count.

    Returns:
        SHA-256, 64 hexadecimal digits; a copy elsewhere has the same.
    """
    files = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob(pattern)
        if path.is_file() and path.name not in _RANDOM_FILES
    }
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{hash_file(files[name])} {name}\n".encode())
    return digest.hexdigest()
