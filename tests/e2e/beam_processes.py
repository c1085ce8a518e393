"""What Beam's worker processes did: which modules they imported, which examples they wrote."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf

from tests.e2e.pipeline_process import Project

WATCH = """
import os, sys
from pathlib import Path

def note(event, arguments):
    if event == "import" and arguments[0] in {modules!r}:
        Path({folder!r}, f"{{os.getppid()}}-{{os.getpid()}}-{{arguments[0]}}").touch()

sys.addaudithook(note)
"""


@dataclass(frozen=True)
class ImportWatch:
    """Notes the modules that Python processes import if `path` is in their PYTHONPATH.

    Attributes:
        path: Folder with a `sitecustomize.py`.
        notes: Folder with a file per process and module.
    """

    path: Path
    notes: Path

    def processes(self, module: str) -> set[tuple[int, int]]:
        """The processes that imported a module by a statement: parent's process id, and own."""
        notes = (note.name.split("-", 2) for note in self.notes.iterdir())
        return {(int(parent), int(own)) for parent, own, name in notes if name == module}


def watch_imports(folder: Path, modules: tuple[str, ...]) -> ImportWatch:
    """Make a watch over some modules in a new folder."""
    watch = ImportWatch(path=folder / "path", notes=folder / "notes")
    watch.path.mkdir(parents=True)
    watch.notes.mkdir()
    content = WATCH.format(modules=set(modules), folder=os.fspath(watch.notes))
    (watch.path / "sitecustomize.py").write_text(content, encoding="utf-8")
    return watch


def examples_by_key(project: Project, node_id: str, key: str) -> dict[str, dict[bytes, Any]]:
    """Read the examples of a node's newest output: split to row key to tf.Example."""
    executions = (project.output / "artifacts" / node_id / key).iterdir()
    newest = max(executions, key=lambda path: int(path.name))
    return {split.name: _read(split) for split in newest.glob("Split-*")}


def _read(split: Path) -> dict[bytes, Any]:
    files = [str(path) for path in split.iterdir()]
    rows = tf.data.TFRecordDataset(files, "GZIP").as_numpy_iterator()
    examples = [tf.train.Example.FromString(row) for row in rows]
    found = {
        example.features.feature["row_key"].bytes_list.value[0]: example for example in examples
    }
    assert len(found) == len(examples)
    return found
