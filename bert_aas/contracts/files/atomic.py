"""Files that appear complete or not at all, however many processes write them at once."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

_MAX_CHARACTERS = 55


def name_aside(path: str) -> str:
    """Name a place beside a file where it can be written before it is renamed.

    Args:
        path: A local path or a URI of a file.

    Returns:
        A path in the same folder, hidden, that no other call gets.
    """
    folder, slash, name = path.rpartition("/")
    # A name may be 255 bytes long, four for each character.
    return f"{folder}{slash}.{name[:_MAX_CHARACTERS]}.{os.getpid()}-{secrets.token_hex(4)}.new"


@contextlib.contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Write a file in a place of its own; it takes its name when the block ends well.

    Two writers never share a place: the file is whole, and the last one's.

    Args:
        path: The file to make or replace. Its folder is made if it is missing.

    Yields:
        Where to write. What is there is removed if the block or the renaming fails (`OSError`);
        `path` stays as it was.

    Example:
        >>> with written_aside(Path("run.json")) as aside:
        ...     aside.write_text("{}", encoding="utf-8")
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(name_aside(str(path)))
    try:
        yield aside
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a file as UTF-8, complete or not at all.

    Args:
        path: The file to make or replace.
        text: What it will hold.
    """
    with written_aside(path) as aside:
        aside.write_text(text, encoding="utf-8")
