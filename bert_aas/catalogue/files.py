"""The files of a table: found, remembered, and recognized when they are asked for again."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from bert_aas.catalogue.entries import FileState, TableEntry
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.finding import TablePath, find_local
from bert_aas.tables.sources import SourceFile

_BLOCK_BYTES = 2**20


def states(files: Sequence[SourceFile], project: Path) -> tuple[FileState, ...]:
    """Remember files.

    Args:
        files: The files.
        project: Paths below this folder are kept relative to it.

    Returns:
        One for each.
    """
    return tuple(_state(file, project) for file in files)


def unchanged_files(entry: TableEntry, project: Path) -> tuple[SourceFile, ...]:
    """Find the files of a table again.

    Args:
        entry: The table.
        project: The folder that paths are relative to.

    Returns:
        The files, in the order of the entry.

    Raises:
        InvalidInputError: If one is gone, or has another content, or there are more.
    """
    try:
        found = {os.path.realpath(file.path): file for file in _found(entry, project)}
    except InvalidInputError as exc:
        raise InvalidInputError(_changed(entry, f"{entry.path} is gone")) from exc
    files = []
    for state in entry.files:
        file = found.pop(os.path.realpath(project / state.path), None)
        if file is None:
            raise InvalidInputError(_changed(entry, f"{state.path} is gone"))
        if not _is_same(state, Path(file.path)):
            raise InvalidInputError(_changed(entry, f"{state.path} has changed"))
        files.append(file)
    if found:
        raise InvalidInputError(_changed(entry, f"{min(found)} is new"))
    return tuple(files)


def kept_path(path: Path, project: Path) -> str:
    """Give a path as the catalogue keeps it: relative to the project if it lies below it."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 (`..` must go, links stay)
    return str(absolute.relative_to(project) if absolute.is_relative_to(project) else absolute)


def _found(entry: TableEntry, project: Path) -> Iterator[SourceFile]:
    path = str(project / entry.path)
    yield from find_local(TablePath(path, "the table", entry.format, entry.options))


def _state(file: SourceFile, project: Path) -> FileState:
    path = Path(file.path)
    stat = path.stat()
    return FileState(
        path=kept_path(path, project),
        size=stat.st_size,
        modified_ns=stat.st_mtime_ns,
        sha256=_hash(path),
        partitions=dict(file.partitions),
    )


def _is_same(state: FileState, path: Path) -> bool:
    stat = path.stat()
    if stat.st_size != state.size:
        return False
    return stat.st_mtime_ns == state.modified_ns or _hash(path) == state.sha256


def _hash(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            found.update(block)
    return found.hexdigest()


def _changed(entry: TableEntry, what: str) -> str:
    return (
        f"the table {entry.name}: {what} since it was added; "
        f"`bert-aas catalog add {entry.name} {entry.path} --replace` reads it anew"
    )
