"""The content of a model's folder as one number."""

import hashlib
from pathlib import Path

from bert_aas.contracts.names import SIGNATURE_FILE

_CHUNK = 1 << 20


def folder_hash(folder: Path) -> str:
    """Hash the files of a folder, their paths and their content.

    Args:
        folder: The folder.

    Returns:
        A SHA-256 in hexadecimal digits. Empty folders count for nothing, nor does the signature.

    Raises:
        OSError: If the folder or a file of it cannot be read.

    Example:
        >>> folder_hash(Path("serving_model/1796058444"))
        'a3f5…'
    """
    digest = hashlib.sha256()
    names = sorted(path.relative_to(folder).as_posix() for path in _files(folder))
    for name in names:
        digest.update(f"{name}\0{file_hash(folder / name)}\n".encode())
    return digest.hexdigest()


def file_hash(file: Path) -> str:
    """Hash a file.

    Args:
        file: The file.

    Returns:
        A SHA-256 in hexadecimal digits.
    """
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise FileNotFoundError(2, "No such folder", str(folder))
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path for path in files if path != folder / SIGNATURE_FILE]
