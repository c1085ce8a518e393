"""Pack and unpack what an earlier version, or the other stack, left behind.

ML Metadata and the compiled graph hold absolute paths, so the files name one folder that exists
nowhere, and unpacking puts the real one in its place: as if the run had taken place there.
"""

import io
import lzma
import shutil
import sqlite3
import sys
import tarfile
from contextlib import closing
from pathlib import Path

FOLDER = Path(__file__).parent
ORIGIN = "/written/by/an/earlier/version"
_LEFT_OUT = {"logs", "checkpoints", "report.html", ".lock"}
_TEXTS = ("output/pipeline.json", "output/run.json", "config.yaml")
_PATH_COLUMNS = {
    "Artifact": "uri",
    "ArtifactProperty": "string_value",
    "ContextProperty": "string_value",
    "ExecutionProperty": "string_value",
}


def unpack(name: str, folder: Path) -> Path:
    """Unpack an archive of this folder into an empty one, and return its `output`."""
    with tarfile.open(FOLDER / f"{name}.tar.xz") as packed:
        packed.extractall(folder, filter="data")
    _rename(folder, ORIGIN, str(folder))
    return folder / "output"


def pack(folder: Path, archive: Path) -> None:
    """Pack a project folder (`config.yaml`, `encoder`, `output`, rows): always the same bytes."""
    copy = folder.with_name(f"{folder.name}-packed")
    shutil.copytree(folder, copy, ignore=lambda _, names: _LEFT_OUT & set(names))
    _rename(copy, str(folder), ORIGIN)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path in sorted(path for path in copy.rglob("*") if path.is_file()):
            entry = tarfile.TarInfo(path.relative_to(copy).as_posix())
            entry.size = path.stat().st_size
            with path.open("rb") as file:
                tar.addfile(entry, file)
    archive.write_bytes(lzma.compress(packed.getvalue(), preset=9 | lzma.PRESET_EXTREME))
    shutil.rmtree(copy)


def _rename(folder: Path, before: str, after: str) -> None:
    for name in _TEXTS:
        path = folder / name
        path.write_text(path.read_text("utf-8").replace(before, after), "utf-8")
    with closing(sqlite3.connect(folder / "output" / "metadata.sqlite")) as store, store:
        for table, column in _PATH_COLUMNS.items():
            store.execute(
                f"UPDATE {table} SET {column} = replace({column}, ?, ?)",  # noqa: S608 - our names
                (before, after),
            )


if __name__ == "__main__":
    pack(Path(sys.argv[1]).absolute(), FOLDER / f"{sys.argv[2]}.tar.xz")
