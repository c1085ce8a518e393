"""Fingerprint the content of the input files, for the cache key of ExampleGen."""

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bert_aas.tables.sources import SourceFile, is_local
from bert_aas.tables.streams import open_stored

CONTENT_FINGERPRINT_KEY = "content_fingerprint"
SETTLED_S = 2.0
"""A file changed less than so many seconds ago may change again at the same recorded time: the
coarsest file systems in use (FAT) record every two seconds."""

_CHUNK_BYTES = 4 * 1024 * 1024
_MAX_KNOWN = 4096


@dataclass(frozen=True, slots=True)
class FileState:
    """What the file system says of a file. Within one process, an equal state means equal bytes.

    Attributes:
        device: Where the file lies.
        inode: Its number there.
        size: Bytes.
        modified_ns: Time of the last change of the content (nanoseconds since 1970).
        changed_ns: Time of the last change of content, name or owner; users cannot set it.
    """

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int


def content_fingerprint(files: Iterable[SourceFile]) -> str:
    """Hash names and bytes of local files; of remote ones path, size and time of change.

    A local file that was touched but holds the same bytes gives the same fingerprint. One process
    reads a file once, as long as its state stays the same.

    Args:
        files: The files in their order.

    Returns:
        A SHA-256, 64 hexadecimal digits.

    Raises:
        InvalidInputError: If a file cannot be read.
    """
    digest = hashlib.sha256()
    for source in files:
        if is_local(source.path):
            entry = f"{source.name}\0{_sha256(source)}\n"
        else:
            entry = f"{source.path}\0{source.size}\0{source.modified_s}\n"
        digest.update(entry.encode())
    return digest.hexdigest()


def settled_state(source: SourceFile) -> FileState | None:
    """Read the state of a local file.

    Args:
        source: The file.

    Returns:
        Its state; `None` if it is not there, or changed so recently that the state proves nothing.
    """
    try:
        found = Path(source.path).stat()
    except OSError:
        return None
    if time.time() - max(found.st_mtime, found.st_ctime) < SETTLED_S:
        return None
    return FileState(
        found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
    )


def _sha256(source: SourceFile) -> str:
    state = settled_state(source)
    return _hash(source) if state is None else _hash_known(source, state)


@lru_cache(maxsize=_MAX_KNOWN)
def _hash_known(source: SourceFile, state: FileState) -> str:
    del state  # part of the key
    return _hash(source)


def _hash(source: SourceFile) -> str:
    digest = hashlib.sha256()
    with open_stored(source) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
