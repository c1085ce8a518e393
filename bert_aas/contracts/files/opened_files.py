"""Output files, opened before the work starts: a file that cannot be written is refused at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.atomic import written_aside


def check_place(path: Path, *, make_folder: bool = False) -> None:
    """Refuse a file to write whose place is wrong.

    Args:
        path: The file.
        make_folder: Whether its folder may be missing.

    Raises:
        InvalidInputError: If it is a folder, or its folder is not there.
    """
    try:
        if path.is_dir():
            raise InvalidInputError(f"{path} cannot be written: it is a folder")
        if not make_folder and not path.parent.is_dir():
            raise InvalidInputError(f"{path} cannot be written: its folder does not exist")
    except OSError as exc:
        raise InvalidInputError(_sentence(path, exc)) from exc


@contextmanager
def opened_file(path: Path, *, make_folder: bool = False) -> Iterator[BinaryIO]:
    """Open a file; it takes its name when the block ends well, and is as it was if it does not.

    Args:
        path: The file to make or replace.
        make_folder: Whether to make its folder, too.

    Yields:
        Where to write.

    Raises:
        InvalidInputError: If the file cannot be written.
        OSError: From the work inside the block.
    """
    check_place(path, make_folder=make_folder)
    failed = False
    try:
        with written_aside(path) as aside, aside.open("wb") as stream:
            try:
                yield stream
            except BaseException:
                failed = True
                raise
    except OSError as exc:
        if failed:
            raise
        raise InvalidInputError(_sentence(path, exc)) from exc


@contextmanager
def writing_errors(path: Path) -> Iterator[None]:
    """Say in a sentence why a file cannot be written.

    Args:
        path: The file.

    Yields:
        Nothing.

    Raises:
        InvalidInputError: If the block ends in an `OSError`.
    """
    try:
        yield
    except OSError as exc:
        raise InvalidInputError(_sentence(path, exc)) from exc


def _sentence(path: Path, exc: OSError) -> str:
    return f"{path} cannot be written: {exc.strerror or exc}"
