"""The folders that servers watch: what registry commands read and write there."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.file_errors import file_errors
from bert_aas.contracts.files.locations import absolute, is_remote
from bert_aas.contracts.files.version_folders import numbers_in, publish_folder
from bert_aas.contracts.names import SIGNATURE_FILE
from bert_aas.registry.content import folder_hash


class ServingFolders(Protocol):
    """Reads and writes serving folders, wherever they are."""

    def publish(self, source: Path, directory: str) -> str:
        """Put a model under a number above all others, complete or not at all.

        Args:
            source: The model on this machine.
            directory: The serving folder.

        Returns:
            The folder of the version.
        """
        ...

    def numbers(self, directory: str) -> list[int]:
        """List the numbers of the versions in a serving folder, sorted."""
        ...

    def content(self, folder: str) -> str:
        """Hash the folder of a version."""
        ...

    def signature(self, folder: str) -> bytes | None:
        """Read the signature of a version; `None` if it is not signed."""
        ...


class LocalFolders:
    """Serving folders on disks of this machine."""

    def __init__(self, seal: Callable[[Path], None] | None = None) -> None:
        """Take what seals each version.

        Args:
            seal: Is called with the finished copy before it is published: it may add files.
        """
        self._seal = seal

    def publish(self, source: Path, directory: str) -> str:
        """Put a model under a number above all others; see `ServingFolders`."""

        def fill(staged: Path) -> None:
            shutil.copytree(source, staged, copy_function=shutil.copyfile)
            if self._seal:
                self._seal(staged)

        with file_errors():
            return str(publish_folder(Path(directory), fill))

    def numbers(self, directory: str) -> list[int]:
        """List the numbers of the versions in a serving folder."""
        with file_errors():
            return numbers_in(Path(directory))

    def content(self, folder: str) -> str:
        """Hash the folder of a version."""
        with file_errors():
            return folder_hash(Path(folder))

    def signature(self, folder: str) -> bytes | None:
        """Read the signature of a version; `None` if it is not signed."""
        file = Path(folder, SIGNATURE_FILE)
        with file_errors():
            return file.read_bytes() if file.is_file() else None


def local_directory(given: str) -> str:
    """Read the serving folder that a command was given.

    Args:
        given: A path.

    Returns:
        The absolute path.

    Raises:
        InvalidInputError: If it is elsewhere.
    """
    if is_remote(given):
        raise InvalidInputError(
            f"the serving folder {given} is not on this machine; a run's Pusher publishes there "
            "(`push.directory`), or give a folder that is mounted here"
        )
    return absolute(given)
