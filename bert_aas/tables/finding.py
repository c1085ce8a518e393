"""Find the files that a path stands for: a file, a folder, or a pattern."""

import glob
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Literal, cast
from urllib.parse import unquote

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.sources import (
    FILE_SCHEME,
    Format,
    ReadOptions,
    SourceFile,
    format_of,
    open_local,
)
from bert_aas.tables.streams import in_words, zip_members

KNOWN_NAMES = (
    ".csv, .tsv, .jsonl, .ndjson, .parquet, .tfrecord (.gz, .bz2 or .zip after it if compressed)"
)
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
_MAGIC = "*?["

Partitions = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A file that a path means.

    Attributes:
        path: Where it is.
        size: Bytes, as stored.
        modified_s: Time of the last change (seconds since 1970) of a remote file, else 0.
        partitions: Columns that its folders give.
    """

    path: str
    size: int
    modified_s: float = 0.0
    partitions: Partitions = ()


@dataclass(frozen=True, slots=True)
class TablePath:
    """A path that a user gave for a table.

    Attributes:
        path: A file, a folder or a pattern.
        setting: What it was given as, for messages.
        format: How rows are written; `auto` goes by the names.
        options: How to read the files.
        opener: Opens them.
    """

    path: str
    setting: str = "data.path"
    format: Literal["auto"] | Format = "auto"
    options: ReadOptions = field(default_factory=ReadOptions)
    opener: Callable[[str], BinaryIO] = open_local


def find_local(wanted: TablePath) -> tuple[SourceFile, ...]:
    """List the files on this machine that a path means.

    Args:
        wanted: The path. A pattern is one only if there is no file of that name; a folder's hidden
            files (`.x`, `_x`) and files of other formats are passed over, and its folders named
            `column=value` are taken along if it holds no such file itself.

    Returns:
        At least one file, sorted by path; all have one format.

    Raises:
        InvalidInputError: If nothing matches, the format is unclear, or a name is no text.
    """
    path = Path(wanted.path.removeprefix(FILE_SCHEME)).expanduser()
    try:
        is_folder = path.is_dir()
        found = _in_folder(path, wanted) if is_folder else _named(path)
    except (OSError, ValueError) as exc:  # ValueError: a NUL character in the path
        reason = getattr(exc, "strerror", None) or exc
        raise InvalidInputError(
            f"{wanted.setting}: '{wanted.path}' cannot be read: {reason}."
        ) from exc
    return as_sources(found, wanted, is_folder=is_folder)


def as_sources(
    matches: Sequence[Match], wanted: TablePath, *, is_folder: bool
) -> tuple[SourceFile, ...]:
    """Make table files of the files that a path means.

    Args:
        matches: The files.
        wanted: The path.
        is_folder: True if it names a folder, whose other files are passed over.

    Returns:
        At least one file, sorted by path; all have one format.

    Raises:
        InvalidInputError: If there is none, the format is unclear, or a name is no text.
    """
    chosen = [match for match in matches if not is_folder or _belongs(match.path, wanted)]
    if not chosen:
        kind = "" if wanted.format == "auto" else f" {wanted.format}"
        raise InvalidInputError(
            f"{wanted.setting}: no{kind} file found at '{wanted.path}'; "
            f"give a file, a glob or a folder with files named {KNOWN_NAMES}."
        )
    chosen.sort(key=lambda match: match.path)
    file_format = _common_format(chosen, wanted)
    names = _short_names([match.path for match in chosen], wanted)
    return tuple(
        SourceFile(
            match.path,
            name,
            file_format,
            match.size,
            match.modified_s,
            match.partitions,
            wanted.options,
            wanted.setting,
            wanted.opener,
        )
        for match, name in zip(chosen, names, strict=True)
    )


def _named(path: Path) -> list[Match]:
    if path.exists():
        return [_match(path)] if path.is_file() else []
    start, pattern = _pattern_in(path)
    if not pattern:
        return []
    hits = glob.glob(os.path.join(glob.escape(str(start)), pattern), recursive=True)  # noqa: PTH118, PTH207
    return [_match(Path(hit), start) for hit in hits if Path(hit).is_file()]


def _pattern_in(path: Path) -> tuple[Path, str]:
    """Split a path into the folder that is there by that very name, and the pattern below it."""
    start = Path(path.anchor)
    parts = list(path.parts[1:] if path.anchor else path.parts)
    while parts and (start / parts[0]).is_dir():
        start /= parts.pop(0)
    pattern = os.path.join(*parts) if parts else ""  # noqa: PTH118
    return start, pattern if any(sign in pattern for sign in _MAGIC) else ""


def _in_folder(folder: Path, wanted: TablePath) -> list[Match]:
    inside = sorted(folder.iterdir())
    found = [_match(path) for path in inside if path.is_file()]
    if any(_belongs(match.path, wanted) for match in found):
        return found
    return _partitioned(folder, folder)


def _partitioned(folder: Path, top: Path) -> list[Match]:
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_dir() and _partition(path.name) is not None:
            found += _partitioned(path, top)
        elif path.is_file() and folder != top:
            found.append(_match(path, top))
    return found


def _match(path: Path, top: Path | None = None) -> Match:
    folders = path.relative_to(top).parts[:-1] if top is not None else ()
    given = [part for part in map(_partition, folders) if part is not None]
    return Match(str(path), path.stat().st_size, partitions=tuple(given))


def _partition(folder: str) -> tuple[str, str | None] | None:
    """Read what a folder's name says of its rows, e.g. `label=1`; None if it is no such name."""
    name, sign, value = folder.partition("=")
    if not (sign and name) or folder.startswith((".", "_")):
        return None
    return unquote(name), None if value == _NO_VALUE else unquote(value)


def _format(path: str) -> Format | None:
    found = format_of(path)
    if found is None and path.lower().endswith(".zip"):
        members = zip_members(path) or []
        found = format_of(members[0]) if len(members) == 1 else None
    return found


def _belongs(path: str, wanted: TablePath) -> bool:
    if PurePosixPath(path).name.startswith((".", "_")):
        return False
    found = _format(path)
    return found is not None if wanted.format == "auto" else found == wanted.format


def _common_format(matches: Sequence[Match], wanted: TablePath) -> Format:
    if wanted.format != "auto":
        return wanted.format
    formats = {_format(match.path): match.path for match in matches}
    if None in formats:
        raise _unclear_format(formats[None], wanted)
    if len(formats) > 1:
        kinds = " and ".join(sorted(str(name) for name in formats))
        cure = _or_format(wanted, "set data.format to read one kind") or "give one kind"
        raise InvalidInputError(f"{wanted.setting}: '{wanted.path}' holds {kinds} files; {cure}.")
    return cast(Format, next(iter(formats)))


def _unclear_format(path: str, wanted: TablePath) -> InvalidInputError:
    cure = f"use one of {KNOWN_NAMES}{_or_format(wanted, ', or set data.format')}"
    members = zip_members(path)
    if members is None:
        return InvalidInputError(
            f"{wanted.setting}: the format of '{path}' cannot be recognised by its name; {cure}."
        )
    if len(members) == 1:
        return InvalidInputError(
            f"{wanted.setting}: the format of {members[0]!r} in the zip '{path}' cannot "
            f"be recognised by its name; {cure}."
        )
    return InvalidInputError(
        f"{wanted.setting}: '{path}' is {in_words(members)}; unpack it, or give a zip of one table."
    )


def _or_format(wanted: TablePath, cure: str) -> str:
    return cure if wanted.setting.startswith("data.") else ""


def _short_names(paths: list[str], wanted: TablePath) -> list[str]:
    """Cut the folder that all paths share off, so that keys do not depend on where data lie."""
    folders = [path[: path.rfind("/") + 1] for path in paths]
    shared = os.path.commonprefix(folders)  # noqa: RUF071 (cut at a slash in the next line)
    start = shared.rfind("/") + 1
    names = [path[start:] for path in paths]
    for name in names:
        try:
            name.encode()
        except UnicodeEncodeError as exc:
            shown = name.encode("utf-8", "backslashreplace").decode()
            raise InvalidInputError(
                f"{wanted.setting}: the name of the file '{shown}' is not UTF-8; rename it."
            ) from exc
    return names
