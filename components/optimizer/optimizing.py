"""Convert a SavedModel, measure its variants, keep the good ones."""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import openvino

from components.optimizer.candidates import Candidate, float_candidates, int8_candidates
from components.optimizer.conversion import convert_tokens, save
from components.optimizer.judging import Measurement, Reference, Verdict, judge_all
from components.optimizer.manifest import empty_folder, write_manifest
from components.optimizer.measuring import SampleRows, compare, measure_reference, read_sample
from components.optimizer.messages import brief
from components.optimizer.params import OptimizeParams
from components.optimizer.predictors import OpenVinoPredictor, SavedModelPredictor
from components.optimizer.quantization import quantize_weights

_MODEL_FILE = "model.xml"
_INT8_FILE = "int8.xml"
_logger = logging.getLogger(__name__)


def optimize(model: Path, examples: str, params: OptimizeParams) -> dict[Candidate, Verdict]:
    """Put faster forms of a classifier beside it, where there are such that are as good.

    Args:
        model: The SavedModel; `assets.extra/openvino` is added to it.
        examples: Glob of transformed examples to compare with.
        params: When a faster form is good enough.

    Returns:
        The verdict on each form that was tried.
    """
    rows = read_sample(examples, params.sample_rows)
    folder = empty_folder(model)
    converted = convert_tokens(model)
    reference = measure_reference(SavedModelPredictor(model), rows)
    measured: dict[Candidate, Measurement] = {}
    # Halves of the bytes first; they are kept wherever that costs nothing.
    for compress in (True, False):
        save(converted, folder / _MODEL_FILE, compress=compress)
        measured = _measure(folder, float_candidates(_MODEL_FILE), reference, rows)
        if any(variant.is_as_good(params) for variant in measured.values()):
            break
    in_integers, note = _measure_int8(converted, folder, reference, rows)
    measured |= in_integers
    verdicts = judge_all(measured, params)
    write_manifest(model, _facts(reference), _entries(measured, verdicts), note)
    return verdicts


def _measure(
    folder: Path, candidates: Sequence[Candidate], reference: Reference, rows: SampleRows
) -> dict[Candidate, Measurement]:
    measured = {}
    for found in candidates:
        predictor = OpenVinoPredictor(folder / found.file, found.precision, found.group_size)
        measured[found] = compare(predictor, reference, rows)
    return measured


def _measure_int8(
    converted: openvino.Model, folder: Path, reference: Reference, rows: SampleRows
) -> tuple[dict[Candidate, Measurement], str | None]:
    """Measure the forms in integers; or say why there are none."""
    candidates = int8_candidates(_INT8_FILE)
    if not candidates:
        return {}, "int8 was not tried: this CPU has no VNNI"
    try:
        save(quantize_weights(converted), folder / _INT8_FILE, compress=True)
        return _measure(folder, candidates, reference, rows), None
    except ImportError:
        return {}, "int8 was not tried: NNCF is not installed"
    except RuntimeError as exc:
        return {}, f"int8 was not tried: {brief(exc)}"


def _facts(reference: Reference) -> dict[str, Any]:
    return {
        "openvino": openvino.__version__,
        "cpu": openvino.Core().get_property("CPU", "FULL_DEVICE_NAME"),
        "rows": len(reference.labels),
        "reference": {
            "accuracy": reference.accuracy,
            "single_ms": reference.single_ms,
            "batch_ms": reference.batch_ms,
        },
    }


def _entries(
    measured: dict[Candidate, Measurement], verdicts: dict[Candidate, Verdict]
) -> list[dict[str, Any]]:
    entries = []
    for found, verdict in verdicts.items():
        said = "kept" if verdict.kept else "not kept"
        _logger.info("%s is %s: %s", found.name, said, verdict.reason)
        entries.append({**asdict(found), **asdict(measured[found]), **asdict(verdict)})
    return entries
