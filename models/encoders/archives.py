"""Extract the archive of a TF-Hub module, trusting nothing that it says about paths."""

import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from models.encoders.folders import new_folder
from models.errors import InvalidInputError

ARCHIVE_SUFFIXES = (".tar.gz", ".tgz", ".zip")


def extract_archive(archive: Path, output: Path) -> Path:
    """Extract an archive, unless that has been done; complete or not at all.

    Args:
        archive: `.tar.gz`, `.tgz` or `.zip`.
        output: The folder to make. Name it by the archive's content: one that is there is used.

    Returns:
        `output`, or the only folder at its top, where the archive holds the module in one.

    Raises:
        InvalidInputError: If the archive cannot be read, holds anything but files and folders, or
            names a path outside itself.
    """
    if not output.is_dir():
        try:
            with new_folder(output) as partial:
                _extract(archive, partial)
        except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError) as exc:
            raise InvalidInputError(
                f"The encoder archive {archive} cannot be extracted ({exc}); a complete "
                f"{', '.join(ARCHIVE_SUFFIXES)} is needed."
            ) from exc
    inner = list(output.iterdir())
    return inner[0] if len(inner) == 1 and inner[0].is_dir() else output


def _extract(archive: Path, output: Path) -> None:
    """Write the archive's files below `output`."""
    members = _zip_files(archive) if archive.suffix == ".zip" else _tar_files(archive)
    for name, content in members:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name:
            raise InvalidInputError(
                f"The encoder archive {archive} names {name!r}, a path outside itself; only paths "
                "inside the module's folder are extracted."
            )
        target = output / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            shutil.copyfileobj(content, file)


def _tar_files(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Give the files of a gzipped tar."""
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isreg() else None
            if content is not None:
                yield member.name, content
            elif not member.isdir():
                raise InvalidInputError(
                    f"The encoder archive {archive} holds {member.name!r}, which is neither file "
                    "nor folder; only those are extracted."
                )


def _zip_files(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Give the files of a zip; a link in it comes as a small file."""
    with zipfile.ZipFile(archive) as packed:
        for member in packed.infolist():
            if not member.is_dir():
                with packed.open(member) as content:
                    yield member.filename, content
