"""Fixtures: a tiny SavedModel with its converted form beside it."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bert_aas.contracts.model_forms import FOLDER, FORMAT, MANIFEST
from tests.serving.engines.tiny_classifier import export_tiny


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version folder whose converted model was verified in float32; not to be changed."""
    from components.optimizer.forms.conversion import convert_tokens, save

    version = tmp_path_factory.mktemp("engines") / "1"
    export_tiny(version)
    (version / FOLDER).mkdir(parents=True)
    save(convert_tokens(version), version / FOLDER / "model.xml", compress=False)
    write_manifest(version, [variant("f32")])
    return version


@pytest.fixture
def version(prepared: Path, tmp_path: Path) -> Path:
    """A copy of `prepared` to be changed."""
    return shutil.copytree(prepared, tmp_path / "1")


def variant(precision: str, *, kept: bool = True) -> dict[str, Any]:
    """An entry of the manifest."""
    return {"name": precision, "precision": precision, "file": "model.xml", "kept": kept}


def write_manifest(version: Path, variants: Sequence[dict[str, Any]]) -> None:
    """Write what the server reads of the Optimizer's manifest."""
    folder = version / FOLDER
    files = {file.name: file.read_bytes() for file in folder.iterdir() if file.name != MANIFEST}
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    content = {"format": FORMAT, "variants": list(variants), "files": digests}
    (folder / MANIFEST).write_text(json.dumps(content), encoding="utf-8")
