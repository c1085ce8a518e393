"""Turn what a file system refuses into a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

from bert_aas.contracts.errors import InvalidInputError


@contextmanager
def file_errors() -> Iterator[None]:
    """Make errors of the file system errors of what the user gave.

    Yields:
        Nothing.

    Raises:
        InvalidInputError: If a file or folder cannot be used: which one, and why.
        OSError: If the error names no file: of a connection, say.
    """
    try:
        yield
    except OSError as exc:
        if exc.filename is None:
            raise
        reason = exc.strerror or type(exc).__name__
        raise InvalidInputError(f"{_name(exc.filename)} cannot be used: {reason}") from exc


def _name(path: object) -> str:
    return path.decode(errors="backslashreplace") if isinstance(path, bytes) else str(path)
