"""Reads the Optimizer's verdict and its converted models beside a SavedModel."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bert_aas.contracts.model_forms import FOLDER, FORMAT, MANIFEST
from serving.engines.errors import EngineUnavailableError


@dataclass(frozen=True)
class Variant:
    """One way to run the converted model that the pipeline found good enough and faster.

    Attributes:
        name: What people call it, such as `bf16`.
        precision: The precision that it was verified with, as OpenVINO names it.
        file: The model's file.
        group_size: For matrix products in 8-bit integers, how many neighbouring values of a row
            share a scale; None without integers.
    """

    name: str
    precision: str
    file: Path
    group_size: int | None = None


def read_variants(version_folder: Path) -> tuple[Variant, ...]:
    """Read what the Optimizer decided about a version, and check its files.

    Args:
        version_folder: The SavedModel.

    Returns:
        The variants to use, those to be preferred first; one at least.

    Raises:
        EngineUnavailableError: If there is none, no variant was kept, or a file is not the one
            that was verified.
    """
    folder = version_folder / FOLDER
    try:
        if not (folder / MANIFEST).is_file():
            raise EngineUnavailableError("the version has no converted model", is_expected=True)
        content = json.loads((folder / MANIFEST).read_bytes())
        if content["format"] != FORMAT:
            raise EngineUnavailableError(f"its {MANIFEST} is of format {content['format']!r}")
        variants = tuple(_variant(entry, folder) for entry in content["variants"] if entry["kept"])
        if not variants:
            raise EngineUnavailableError("the pipeline kept no variant", is_expected=True)
        _check_files(folder, content["files"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise EngineUnavailableError(f"{folder} is damaged ({type(exc).__name__}: {exc})") from exc
    return variants


def _variant(entry: Mapping[str, Any], folder: Path) -> Variant:
    file = folder / Path(entry["file"]).name
    return Variant(str(entry["name"]), str(entry["precision"]), file, entry.get("group_size"))


def _check_files(folder: Path, digests: Mapping[str, str]) -> None:
    for name, expected in digests.items():
        digest = hashlib.sha256((folder / Path(name).name).read_bytes()).hexdigest()
        if digest != expected:
            raise ValueError(f"{name} is not the file that was verified")
