"""Convert a SavedModel, measure the variants, keep the good ones, write the manifest."""

import hashlib
import json
import logging
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import openvino

from components.optimizer.conversion import convert_tokens, save
from components.optimizer.judging import Measurement, Reference, judge
from components.optimizer.measuring import SampleRows, compare, measure_reference, read_sample
from components.optimizer.params import OptimizeParams
from components.optimizer.predictors import OpenVinoPredictor, SavedModelPredictor, native_precision

FOLDER = Path("assets.extra") / "openvino"
MANIFEST = "manifest.json"
FORMAT = 1
_MODEL_FILE = "model.xml"
_ANY_CPU = "f32"
_logger = logging.getLogger(__name__)


def optimize(model: Path, examples: str, params: OptimizeParams) -> None:
    """Put a faster form of a classifier beside it, if there is one that is as good.

    Args:
        model: The SavedModel; `assets.extra/openvino` is added to it.
        examples: Glob of transformed examples to compare with.
        params: When a faster form is good enough.
    """
    rows = read_sample(examples, params.sample_rows)
    folder = model / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    reference = measure_reference(SavedModelPredictor(model), rows)
    converted = convert_tokens(model)
    measured: list[Measurement] = []
    # Halves of the bytes first; they are kept wherever that costs nothing.
    for compress in (True, False):
        save(converted, folder / _MODEL_FILE, compress=compress)
        measured = _measure(folder / _MODEL_FILE, reference, rows)
        if any(variant.is_as_good(params) for variant in measured):
            break
    _write_manifest(folder, reference, measured, params)


def _measure(file: Path, reference: Reference, rows: SampleRows) -> list[Measurement]:
    precisions = dict.fromkeys((native_precision(), _ANY_CPU))
    return [
        compare(OpenVinoPredictor(file, precision), reference, rows) for precision in precisions
    ]


def _write_manifest(
    folder: Path, reference: Reference, measured: Sequence[Measurement], params: OptimizeParams
) -> None:
    variants = [_entry(variant, params) for variant in measured]
    if not any(variant["kept"] for variant in variants):
        for file in folder.iterdir():
            file.unlink()
    content = {
        "format": FORMAT,
        "openvino": openvino.__version__,
        "cpu": openvino.Core().get_property("CPU", "FULL_DEVICE_NAME"),
        "rows": len(reference.labels),
        "reference": {
            "accuracy": reference.accuracy,
            "single_ms": reference.single_ms,
            "batch_ms": reference.batch_ms,
        },
        "variants": variants,
        "files": {file.name: _digest(file) for file in sorted(folder.iterdir())},
    }
    (folder / MANIFEST).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _entry(variant: Measurement, params: OptimizeParams) -> dict[str, Any]:
    kept, reason = judge(variant, params)
    _logger.info("%s is %s: %s", variant.name, "kept" if kept else "not kept", reason)
    return {**asdict(variant), "file": _MODEL_FILE, "kept": kept, "reason": reason}


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
