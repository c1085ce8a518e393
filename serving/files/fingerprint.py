"""The content of a version folder, as far as it can be seen without reading a file."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from bert_aas.contracts.names import SIGNATURE_FILE

GRAPHS = frozenset({"saved_model.pb", "saved_model.pbtxt"})
_PARTS = GRAPHS | {
    "variables",
    "assets",
    "assets.extra",
    "batching_params.pbtxt",
    "model.tflite",
    SIGNATURE_FILE,
}
_MAX_ENTRIES = 10_000  # a model has some twenty; a link may lead to a whole disk


class Entry(NamedTuple):
    """A file, a folder, or what cannot be looked at.

    Attributes:
        name: Path within the version folder; empty for the folder itself.
        mode: Kind and rights, as `st_mode`; 0 if it cannot be looked at.
        size: Bytes of a file; 0 for folders.
        written_ns: When a file was last written; 0 for folders, as some file systems make it up.
        altered_ns: When content, rights or owner of a file changed; 0 for folders.
        error: The system's error number; 0 if there is none.
    """

    name: str
    mode: int = 0
    size: int = 0
    written_ns: int = 0
    altered_ns: int = 0
    error: int = 0

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return stat.S_ISREG(self.mode)


@dataclass(frozen=True)
class Fingerprint:
    """Two are equal as long as nothing happens to the folder that loading could notice.

    Attributes:
        entries: What the folder holds, itself included, sorted by name.
        youngest_ns: When a file or folder was last written.
    """

    entries: tuple[Entry, ...]
    youngest_ns: int = field(default=0, compare=False)

    @property
    def has_graph(self) -> bool:
        """Whether the file is there that makes the folder a SavedModel."""
        return any(entry.name in GRAPHS and entry.is_file for entry in self.entries)

    @property
    def has_errors(self) -> bool:
        """Whether the folder or something in it cannot be looked at."""
        return any(entry.error for entry in self.entries)

    def news(self, before: "Fingerprint") -> list[str]:
        """Return the names of the files that have come or were written since.

        Args:
            before: An earlier fingerprint of the same folder.

        Returns:
            Names within the folder. What has gone does not count, nor do rights.
        """
        known = {(entry.name, entry.size, entry.written_ns) for entry in before.entries}
        return [
            entry.name
            for entry in self.entries
            if entry.is_file and (entry.name, entry.size, entry.written_ns) not in known
        ]


def fingerprint(folder: Path) -> Fingerprint:
    """Look at a version folder; links are followed.

    If there is a graph, only the parts of a SavedModel count, so that nothing else which is
    written there holds it up; without one, everything counts.

    Args:
        folder: A version folder; it may have vanished, or be no folder.

    Returns:
        Its fingerprint. What cannot be looked at is an entry with its error.
    """
    walk, path = _Walk(), str(folder)
    if walk.look("", path):
        names = walk.names_in("", path)
        wanted = _PARTS.intersection(names) if GRAPHS.intersection(names) else names
        walk.descend([(name, f"{path}/{name}") for name in wanted])
    return Fingerprint(tuple(sorted(walk.entries)), walk.youngest_ns)


class _Walk:
    """One look at a folder and what is below it."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.youngest_ns = 0
        self._seen: set[tuple[int, int]] = set()  # folders: links may lead in a circle

    def look(self, name: str, path: str) -> bool:
        """Take an entry down; tell whether it is a folder that was not seen before."""
        try:
            found = os.stat(path)  # noqa: PTH116 - a Path for each takes as long as the look
        except OSError as exc:
            self._add_error(name, exc)
            return False
        self.youngest_ns = max(self.youngest_ns, found.st_mtime_ns)
        if stat.S_ISDIR(found.st_mode):
            self.entries.append(Entry(name, found.st_mode))
            place = (found.st_dev, found.st_ino)
            is_new = place not in self._seen
            self._seen.add(place)
            return is_new
        times = (found.st_mtime_ns, found.st_ctime_ns)
        self.entries.append(Entry(name, found.st_mode, found.st_size, *times))
        return False

    def names_in(self, name: str, path: str) -> list[str]:
        """Return the names in a folder; none if it cannot be listed, which is an entry then."""
        try:
            return os.listdir(path)  # noqa: PTH208 - as above
        except OSError as exc:
            self._add_error(name, exc)
            return []

    def descend(self, pending: list[tuple[str, str]]) -> None:
        """Take all these entries down, and what is below them."""
        while pending and len(self.entries) < _MAX_ENTRIES:
            name, path = pending.pop()
            if self.look(name, path):
                below = self.names_in(name, path)
                pending += [(f"{name}/{child}", f"{path}/{child}") for child in below]

    def _add_error(self, name: str, exc: OSError) -> None:
        self.entries.append(Entry(name, error=exc.errno or -1))
