"""Hashes of files and folders."""

import hashlib
from collections.abc import Collection
from pathlib import Path

_CHUNK_BYTES = 1 << 20


def file_hash(path: Path) -> str:
    """Hash a file.

    Args:
        path: The file.

    Returns:
        Its SHA-256, 64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def files_hashes(folder: Path, left_out: Collection[str] = ()) -> dict[str, str]:
    """Hash the files of a folder.

    Args:
        folder: The folder.
        left_out: Paths in it that do not count.

    Returns:
        Path in the folder to SHA-256, sorted by path.
    """
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    return {
        name: file_hash(path)
        for name, path in sorted(found.items())
        if path.is_file() and name not in left_out
    }


def joined_hash(files: dict[str, str]) -> str:
    """Make one hash of those of many files.

    Args:
        files: Path to SHA-256.

    Returns:
        A SHA-256 of all paths and hashes, in the order of the paths.
    """
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name}\0{content}\n".encode())
    return digest.hexdigest()
