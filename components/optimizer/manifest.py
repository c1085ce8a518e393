"""Write what the Optimizer decided, for the server and the report."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bert_aas.contracts.model_forms import FOLDER, FORMAT, MANIFEST


def empty_folder(model: Path) -> Path:
    """Make a new, empty folder for the variants.

    Args:
        model: The SavedModel.

    Returns:
        The folder in it, without files.
    """
    folder = model / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def write_manifest(
    model: Path, facts: dict[str, Any], variants: Sequence[dict[str, Any]], note: str | None = None
) -> None:
    """Write the manifest, and remove the files of variants that were not kept.

    Args:
        model: The SavedModel with its variants.
        facts: What they were measured with.
        variants: One entry each, those to be preferred first; `file` and `kept` are among them.
        note: Why there are none, or fewer than usual; one clause.
    """
    folder = model / FOLDER
    used = {Path(entry["file"]).stem for entry in variants if entry["kept"]}
    for file in folder.iterdir():
        if file.stem not in used:
            file.unlink()
    files = {file.name: _digest(file) for file in sorted(folder.iterdir())}
    content = {"format": FORMAT, **facts, "note": note, "variants": variants, "files": files}
    (folder / MANIFEST).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
