"""Fingerprint the content of the input files, for the cache key of ExampleGen."""

import hashlib
from collections.abc import Iterable

from bert_aas.tables.sources import SourceFile, is_local
from bert_aas.tables.streams import open_stored

CONTENT_FINGERPRINT_KEY = "content_fingerprint"
_CHUNK_BYTES = 4 * 1024 * 1024


def content_fingerprint(files: Iterable[SourceFile]) -> str:
    """Hash names and bytes of local files; of remote ones path, size and time of change.

    A local file that was touched but holds the same bytes gives the same fingerprint.

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


def _sha256(source: SourceFile) -> str:
    digest = hashlib.sha256()
    with open_stored(source) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
