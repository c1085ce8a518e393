"""Extract the archive of a TF-Hub module, trusting nothing that it says about paths."""

import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from bert_aas.contracts.errors import InvalidInputError
from models.encoders.folders import new_folder

ARCHIVE_SUFFIXES = (".tar.gz", ".tgz", ".zip")
# Weights hardly pack at all. What grows by more is made to fill a disk.
_MAX_GROWTH = 50
_ALWAYS_FINE = 2**30  # bytes
_CHUNK_BYTES = 2**20


def extract_archive(archive: Path, output: Path) -> Path:
    """Extract an archive, unless that has been done; complete or not at all.

    Args:
        archive: `.tar.gz`, `.tgz` or `.zip`.
        output: The folder to make. Name it by the archive's content: one that is there is used.

    Returns:
        `output`, or the only folder at its top, where the archive holds the module in one.

    Raises:
        InvalidInputError: If the archive cannot be read, holds anything but files and folders,
            names a path outside itself, or grows by more than weights do.
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
    left = max(_ALWAYS_FINE, _MAX_GROWTH * archive.stat().st_size)
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
            while chunk := content.read(_CHUNK_BYTES):
                left -= len(chunk)
                if left < 0:
                    raise InvalidInputError(
                        f"The encoder archive {archive} unpacks to more than {_MAX_GROWTH} times "
                        "its size; if you trust it, unpack it yourself."
                    )
                file.write(chunk)


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
