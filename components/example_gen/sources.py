"""Find the input files of a run and open them: local ones directly, others through Beam.

Beam takes seconds to import, so nothing here imports it for a local path.
"""

import fnmatch
import glob
import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Literal, cast

from components.example_gen.params import DataParams
from models.errors import InvalidInputError, UnavailableError

Format = Literal["csv", "tsv", "jsonl", "parquet", "tfrecord"]

_NAME_PATTERNS: dict[str, Format] = {
    "*.csv": "csv",
    "*.tsv": "tsv",
    "*.jsonl": "jsonl",
    "*.ndjson": "jsonl",
    "*.parquet": "parquet",
    "*.tfrecord": "tfrecord",
    "*.tfrecords": "tfrecord",
    "*tfrecord-?????-of-?????": "tfrecord",  # the name that TFX and Beam give to shards
}
_KNOWN_NAMES = ".csv, .tsv, .jsonl, .ndjson, .parquet, .tfrecord (.gz after it if compressed)"
_FILE_SCHEME = "file://"
_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One input file.

    Attributes:
        path: Where to open it.
        name: What messages and row keys call it: the path below the files' common folder.
        format: How its rows are written.
        size: Bytes, as stored.
        modified_s: Time of the last change (seconds since 1970) of a remote file, else 0.
    """

    path: str
    name: str
    format: Format
    size: int
    modified_s: float = 0.0


@dataclass(frozen=True, slots=True)
class _Match:
    path: str
    size: int
    modified_s: float = 0.0


def is_local(path: str) -> bool:
    """Tell whether a path lies on this machine's own file system."""
    return "://" not in path.removeprefix(_FILE_SCHEME)


def find_files(params: DataParams) -> tuple[SourceFile, ...]:
    """List the files that `data.path` means, sorted by path.

    Args:
        params: Its `path` is a file, a glob or a folder; a folder's hidden files (`.x`, `_x`) and
            files of other formats are passed over.

    Returns:
        At least one file; all have one format.

    Raises:
        InvalidInputError: If nothing matches, or the format is unclear.
    """
    is_folder, matches = _match(params.path)
    if is_folder:
        matches = [match for match in matches if _belongs(match, params)]
    if not matches:
        kind = "" if params.format == "auto" else f" {params.format}"
        raise InvalidInputError(
            f"data.path: no{kind} file found at '{params.path}'; "
            f"give a file, a glob or a folder with files named {_KNOWN_NAMES}."
        )
    matches.sort(key=lambda match: match.path)
    file_format = _common_format(matches, params)
    names = _short_names([match.path for match in matches])
    return tuple(
        SourceFile(match.path, name, file_format, match.size, match.modified_s)
        for match, name in zip(matches, names, strict=True)
    )


@contextmanager
def open_stored(source: SourceFile) -> Iterator[BinaryIO]:
    """Open a file for reading its bytes as stored.

    Args:
        source: The file.

    Yields:
        A seekable binary stream.

    Raises:
        InvalidInputError: If the file cannot be opened, or breaks off while it is read.
    """
    try:
        with _open_path(source.path) as stored:
            yield stored
    except (EOFError, zlib.error, gzip.BadGzipFile) as exc:
        raise InvalidInputError(f"data.path: '{source.name}' is a damaged gzip file.") from exc
    except OSError as exc:
        reason = exc.strerror or type(exc).__name__
        error = InvalidInputError if is_local(source.path) else UnavailableError
        raise error(f"data.path: '{source.path}' cannot be read: {reason}.") from exc


@contextmanager
def open_source(source: SourceFile) -> Iterator[BinaryIO]:
    """Open a file for reading its bytes, unpacked if it is gzip (told by its first bytes).

    Args:
        source: The file.

    Yields:
        A seekable binary stream.

    Raises:
        InvalidInputError: If the file cannot be opened, or breaks off while it is read.
    """  # noqa: DOC502 - raised by what it calls
    with open_stored(source) as stored:
        if not _starts_as_gzip(stored):
            yield stored
            return
        with gzip.GzipFile(fileobj=stored) as unpacked:
            yield cast(BinaryIO, unpacked)


def is_gzip(source: SourceFile) -> bool:
    """Tell whether a file is stored as gzip, by its first bytes."""
    with open_stored(source) as stored:
        return _starts_as_gzip(stored)


def _open_path(path: str) -> BinaryIO:
    if is_local(path):
        return Path(path).open("rb")
    from apache_beam.io.filesystem import CompressionTypes  # noqa: PLC0415 (remote paths only)
    from apache_beam.io.filesystems import FileSystems  # noqa: PLC0415

    stream: BinaryIO = FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED)
    return stream


def _starts_as_gzip(stored: BinaryIO) -> bool:
    magic = stored.read(len(_GZIP_MAGIC))
    stored.seek(0)
    return magic == _GZIP_MAGIC


def _match(path: str) -> tuple[bool, list[_Match]]:
    """Return whether `path` is a folder, and the files it means."""
    if not is_local(path):
        return _match_remote(path)
    expanded = Path(path.removeprefix(_FILE_SCHEME)).expanduser()
    try:
        if expanded.is_dir():
            found = list(expanded.iterdir())
        elif expanded.exists():
            found = [expanded]
        else:
            found = [Path(hit) for hit in glob.glob(str(expanded), recursive=True)]  # noqa: PTH207
        matches = [_Match(str(hit), hit.stat().st_size) for hit in found if hit.is_file()]
    except (OSError, ValueError) as exc:  # ValueError: a NUL character in the path
        raise InvalidInputError(f"data.path: '{path}' cannot be read: {exc}.") from exc
    return expanded.is_dir(), matches


def _match_remote(path: str) -> tuple[bool, list[_Match]]:
    from apache_beam.io.filesystem import BeamIOError  # noqa: PLC0415 (remote paths only)
    from apache_beam.io.filesystems import FileSystems  # noqa: PLC0415

    folder = path.rstrip("/") + "/"
    try:
        whole, inside = FileSystems.match([path, folder + "*"])
    except (BeamIOError, ValueError, OSError) as exc:
        raise UnavailableError(
            f"data.path: '{path}' cannot be opened by Apache Beam; is its file system's extra "
            "(apache-beam[gcp], apache-beam[aws]) installed and the path spelt right?"
        ) from exc
    is_folder = path.endswith("/") or not whole.metadata_list
    hits = inside.metadata_list if is_folder else whole.metadata_list
    return is_folder, [
        _Match(hit.path, hit.size_in_bytes, hit.last_updated_in_seconds or 0.0)
        for hit in hits
        if not is_folder or "/" not in hit.path.removeprefix(folder)
    ]


def _format_of(path: str) -> Format | None:
    name = PurePosixPath(path).name.lower().removesuffix(".gz")
    return next(
        (f for pattern, f in _NAME_PATTERNS.items() if fnmatch.fnmatch(name, pattern)), None
    )


def _belongs(match: _Match, params: DataParams) -> bool:
    if PurePosixPath(match.path).name.startswith((".", "_")):
        return False
    found = _format_of(match.path)
    return found is not None if params.format == "auto" else found == params.format


def _common_format(matches: list[_Match], params: DataParams) -> Format:
    if params.format != "auto":
        return params.format
    formats = {_format_of(match.path): match.path for match in matches}
    if None in formats:
        raise InvalidInputError(
            f"data.path: the format of '{formats[None]}' cannot be told from its name; use one of "
            f"{_KNOWN_NAMES}, or set data.format."
        )
    if len(formats) > 1:
        kinds = " and ".join(sorted(str(name) for name in formats))
        raise InvalidInputError(
            f"data.path: '{params.path}' holds {kinds} files; set data.format to read one kind."
        )
    return cast(Format, next(iter(formats)))


def _short_names(paths: list[str]) -> list[str]:
    """Cut the folder that all paths share off, so that keys do not depend on where data lie."""
    folders = [path[: path.rfind("/") + 1] for path in paths]
    shared = os.path.commonprefix(folders)  # noqa: RUF071 (cut at a slash in the next line)
    start = shared.rfind("/") + 1
    return [path[start:] for path in paths]
