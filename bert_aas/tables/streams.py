"""Open tables as bytes or text: unpacked, and in the encoding that their first bytes show."""

import bz2
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

from bert_aas.contracts.errors import InvalidInputError, UnavailableError
from bert_aas.tables.sources import SourceFile, is_local

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_BZIP2 = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_MAGIC_BYTES = 10
_NAMED_MEMBERS = 3
_BOMS = {
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
# ASCII in two bytes each, as an encoding without byte order mark has it.
_TWO_BYTES = {"utf-16-le": rb"(?:[\t\n\r -~]\x00){4}", "utf-16-be": rb"(?:\x00[\t\n\r -~]){4}"}
_UTF8 = "utf-8-sig"
# Text packs tenfold, logs a hundredfold; gzip can a thousandfold, bzip2 and zip much more.
_MAX_GROWTH = 400
_ALWAYS_FINE = 2**30  # bytes


@dataclass(frozen=True, slots=True)
class TextStream:
    """An opened text.

    Attributes:
        lines: The physical lines, ends kept; bytes that cannot be decoded are lone surrogates.
        encoding: What they were decoded from.
        notices: A sentence, if the text is not UTF-8 and the user named no encoding.
    """

    lines: io.TextIOWrapper
    encoding: str
    notices: tuple[str, ...]


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
        with source.opener(source.path) as stored:
            yield stored
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as exc:
        kind = "zip" if isinstance(exc, zipfile.BadZipFile) else _packing(source)
        raise InvalidInputError(f"{source.called} is a damaged {kind} file.") from exc
    except OSError as exc:
        reason = exc.strerror or type(exc).__name__
        error = InvalidInputError if is_local(source.path) else UnavailableError
        raise error(f"{source.setting}: '{source.path}' cannot be read: {reason}.") from exc


@contextmanager
def open_source(source: SourceFile) -> Iterator[BinaryIO]:
    """Open a file for reading its bytes, unpacked if it is packed (told by its first bytes).

    Args:
        source: The file; gzip, bzip2, or a zip with one file in it.

    Yields:
        A seekable binary stream.

    Raises:
        InvalidInputError: If the file cannot be opened, or breaks off while it is read.
    """
    with open_stored(source) as stored:
        magic = _first_bytes(stored, _MAGIC_BYTES)
        if magic.startswith(_GZIP):
            with gzip.GzipFile(fileobj=stored) as unpacked:
                yield _bounded(cast(BinaryIO, unpacked), source)
        elif _BZIP2.match(magic):
            with bz2.BZ2File(stored) as blocks:
                yield _bounded(cast(BinaryIO, blocks), source)
        elif magic.startswith(_ZIP):
            with zipfile.ZipFile(stored) as packed, _only_member(packed, source) as member:
                yield _bounded(cast(BinaryIO, member), source)
        else:
            yield stored


@contextmanager
def open_text(source: SourceFile) -> Iterator[TextStream]:
    """Open a file as text.

    Args:
        source: The file.

    Yields:
        Its lines.

    Raises:
        InvalidInputError: If the file cannot be opened or decoded, or breaks off.
    """
    with open_source(source) as stream:
        named = source.options.encoding
        found = _encoding_of(stream) if named == "auto" else _with_mark_removed(named)
        lines = io.TextIOWrapper(stream, found, errors="surrogateescape", newline="")
        try:
            yield TextStream(lines, found, _notices(source, found, named))
        except UnicodeError as exc:
            raise InvalidInputError(
                f"{source.called} cannot be read as {found}: {exc.args[-1]}; name its encoding "
                f"with {source.option('encoding')}."
            ) from exc


def is_gzip(source: SourceFile) -> bool:
    """Tell whether a file is stored as gzip, by its first bytes."""
    with open_stored(source) as stored:
        return _first_bytes(stored, len(_GZIP)) == _GZIP


def zip_members(path: str) -> list[str] | None:
    """Name the files of a local zip; None if it cannot be read as one."""
    try:
        with zipfile.ZipFile(path) as packed:
            return _members(packed)
    except (OSError, zipfile.BadZipFile):
        return None


def in_words(members: list[str]) -> str:
    """Say how many files a zip holds, and name the first."""
    if not members:
        return "a zip of no files"
    shown = ", ".join(map(repr, members[:_NAMED_MEMBERS]))
    more = ", ..." if len(members) > _NAMED_MEMBERS else ""
    return f"a zip of {len(members)} files ({shown}{more})"


def _first_bytes(stream: BinaryIO, count: int) -> bytes:
    found = stream.read(count)
    stream.seek(0)
    return found


def _packing(source: SourceFile) -> str:
    with source.opener(source.path) as stored:
        return "bzip2" if _BZIP2.match(stored.read(_MAGIC_BYTES)) else "gzip"


def _members(packed: zipfile.ZipFile) -> list[str]:
    """List the files of a zip, without what macOS adds."""
    names = (member.filename for member in packed.infolist() if not member.is_dir())
    return [name for name in names if not name.startswith(("__MACOSX/", "."))]


def _only_member(packed: zipfile.ZipFile, source: SourceFile) -> zipfile.ZipExtFile:
    names = _members(packed)
    if len(names) != 1:
        raise InvalidInputError(
            f"{source.called} is {in_words(names)}; unpack it, or give a zip of one table."
        )
    try:
        return cast(zipfile.ZipExtFile, packed.open(names[0]))
    except (RuntimeError, NotImplementedError) as exc:  # encrypted, or an unknown method
        raise InvalidInputError(
            f"{source.called} is a zip that cannot be unpacked here ({exc}); unpack it first."
        ) from exc


class _Bounded(io.RawIOBase):
    """A stream that ends in an error where it has grown beyond all that a table grows by."""

    def __init__(self, stream: BinaryIO, source: SourceFile) -> None:
        super().__init__()
        self._stream = stream
        self._source = source
        self._most = max(_ALWAYS_FINE, _MAX_GROWTH * source.size)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._stream.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            content = self._stream.read(len(buffer))
        except OSError as exc:
            if exc.errno is not None or isinstance(exc, gzip.BadGzipFile):
                raise
            raise EOFError(str(exc)) from exc  # bz2 says so of data that are not its own
        buffer[: len(content)] = content
        if self._stream.tell() > self._most:
            raise InvalidInputError(
                f"{self._source.called} unpacks to more than {_MAX_GROWTH} times its size; if "
                "you trust it, unpack it yourself."
            )
        return len(content)


def _bounded(stream: BinaryIO, source: SourceFile) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(_Bounded(stream, source), 64 * 1024))


def _encoding_of(stream: BinaryIO) -> str:
    head = _first_bytes(stream, 64)
    for mark, encoding in _BOMS.items():
        if head.startswith(mark):
            return encoding
    for encoding, pattern in _TWO_BYTES.items():
        if re.match(pattern, head):
            return encoding
    return _UTF8


def _notices(source: SourceFile, found: str, named: str) -> tuple[str, ...]:
    if named != "auto" or found == _UTF8:
        return ()
    return (f"{source.name} is read as {found.upper()}, because its first bytes say so",)


def _with_mark_removed(encoding: str) -> str:
    return _UTF8 if encoding.lower().replace("_", "-") in {"utf-8", "utf8"} else encoding
