"""A table to read: where its bytes are, how it is written, and its name in messages."""

import fnmatch
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Literal

from bert_aas.contracts.errors import InvalidInputError

Format = Literal["csv", "tsv", "jsonl", "parquet", "tfrecord"]
Quoting = Literal["auto", "quotes", "none"]

PACKED_SUFFIXES = (".gz", ".bz2", ".zip")
FILE_SCHEME = "file://"
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


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read a table, where its name does not say.

    Attributes:
        encoding: Python's name of a text encoding; `auto`: by the file's first bytes, else UTF-8.
        separator: What stands between fields of CSV and TSV; `auto`: what fits the header.
        quoting: `quotes`: RFC 4180; `none`: quotes are characters like others; `auto`: RFC 4180,
            but a quoted field that holds what look like rows is refused.
        label_column: The column of the classes, if there is one.
        reserved: Names that no column may have.
    """

    encoding: str = "auto"
    separator: str = "auto"
    quoting: Quoting = "auto"
    label_column: str | None = None
    reserved: tuple[str, ...] = ()


def open_local(path: str) -> BinaryIO:
    """Open a file of this machine for reading."""
    return Path(path).open("rb")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One table file.

    Attributes:
        path: Where to open it.
        name: What messages and row keys call it: the path below the files' common folder.
        format: How its rows are written.
        size: Bytes, as stored.
        modified_s: Time of the last change (seconds since 1970) of a remote file, else 0.
        partitions: Columns that its folders give (`label=1/`), with their value for all its rows.
        options: How to read it.
        setting: What the user gave its path as, for messages.
        opener: Opens `path`; a function of a module, so that workers can load it.
    """

    path: str
    name: str
    format: Format
    size: int
    modified_s: float = 0.0
    partitions: tuple[tuple[str, str | None], ...] = ()
    options: ReadOptions = field(default_factory=ReadOptions)
    setting: str = "data.path"
    opener: Callable[[str], BinaryIO] = open_local

    @property
    def called(self) -> str:
        """Name the file in a message."""
        return f"{self.setting}: '{self.name}'"

    def option(self, name: str) -> str:
        """Name one of `options` as the user gives it, e.g. `data.encoding` or `--encoding`."""
        return f"data.{name}" if self.setting.startswith("data.") else f"--{name}"

    def is_delimited(self) -> bool:
        """Tell CSV and TSV from typed formats."""
        return self.format in {"csv", "tsv"}


def is_local(path: str) -> bool:
    """Tell whether a path lies on this machine's own file system."""
    return "://" not in path.removeprefix(FILE_SCHEME)


def format_of(path: str) -> Format | None:
    """Tell a file's format by its name, with or without the suffix of a packed file."""
    name = PurePosixPath(path).name.lower()
    for suffix in PACKED_SUFFIXES:
        name = name.removesuffix(suffix)
    return next(
        (f for pattern, f in _NAME_PATTERNS.items() if fnmatch.fnmatchcase(name, pattern)), None
    )


def check_columns(columns: Iterable[str], required: Iterable[str], source: SourceFile) -> None:
    """Refuse a file that lacks a column, or has one under a name that is taken.

    Args:
        columns: What the file has.
        required: What must be there, in the file or as one of its partitions.
        source: The file.

    Raises:
        InvalidInputError: If a column is missing, twice there, or has a reserved name.
    """
    there = list(columns)
    twice = next((name for name in there if there.count(name) > 1), None)
    if twice is not None:
        raise InvalidInputError(
            f"{source.called} names the column '{twice}' more than once; "
            f"each column needs a name of its own.{_header_hint(source)}"
        )
    given = {*there, *dict(source.partitions)}
    missing = next((name for name in required if name not in given), None)
    if missing is not None:
        listed = ", ".join(f"'{name}'" for name in there[:50])
        raise InvalidInputError(
            f"{source.called} has no column '{missing}'; its columns are {listed}."
            f"{_hint(missing, there, source)}"
        )
    taken = next((name for name in source.options.reserved if name in given), None)
    if taken is not None and taken not in required:
        raise InvalidInputError(
            f"{source.called} has a column '{taken}', a name that the pipeline itself "
            f"uses; rename it, or set data.key_column: {taken} to use it as the row's key."
        )


def _hint(missing: str, columns: list[str], source: SourceFile) -> str:
    alike = [name for name in columns if name.strip().casefold() == missing.strip().casefold()]
    if alike:
        return f" Spaces, upper and lower case make a difference: '{alike[0]}' is another name."
    return _header_hint(source)


def _header_hint(source: SourceFile) -> str:
    return " A file without a header line needs one." if source.is_delimited() else ""
