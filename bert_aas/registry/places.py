"""Where a registry is: a SQLite file in an output folder, or an MLflow server."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.locations import absolute, is_remote
from bert_aas.contracts.files.opened_files import writing_errors

FILE = "registry.db"
URL_PATTERN = r"^(sqlite:///|https?://).+"
_FILES = "registry_files"
_SQLITE = "sqlite:///"
_SERVERS = ("http://", "https://")


@dataclass(frozen=True)
class RegistryPlace:
    """A registry's place.

    Attributes:
        url: `sqlite:///PATH`, or `http://` or `https://` of an MLflow server.
    """

    url: str

    @property
    def file(self) -> Path | None:
        """The SQLite file; `None` for a server."""
        return Path(self.url.removeprefix(_SQLITE)) if self.url.startswith(_SQLITE) else None

    @property
    def files(self) -> str | None:
        """The folder of the files that belong to versions; a server has a place of its own."""
        return str(self.file.with_name(_FILES)) if self.file else None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let one process of this machine at a time read and write; a server needs no lock.

        Yields:
            Nothing. The lock dies with its process.

        Raises:
            InvalidInputError: If nothing can be written there.
        """
        if self.file is None:
            yield
            return
        lock = self.file.with_name(f".{self.file.name}.lock")
        with writing_errors(lock):
            lock.parent.mkdir(parents=True, exist_ok=True)
            held = lock.open("w")
        with held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield


def registry_place(given: str) -> RegistryPlace:
    """Read where a registry is.

    Args:
        given: An output folder, `sqlite:///PATH`, or the URL of an MLflow server.

    Returns:
        The place; a path is absolute.

    Raises:
        InvalidInputError: If it is the address of anything else.
    """
    if given.startswith(_SERVERS):
        return RegistryPlace(given.rstrip("/"))
    if given.startswith(_SQLITE):
        return RegistryPlace(f"{_SQLITE}{absolute(given.removeprefix(_SQLITE))}")
    if is_remote(given):
        raise InvalidInputError(
            f"{given} cannot hold a registry; give an output folder of this machine, "
            "sqlite:///PATH, or the URL of an MLflow server (http:// or https://)"
        )
    return RegistryPlace(f"{_SQLITE}{absolute(given)}/{FILE}")
