"""Convert a SavedModel, measure its variants, keep the good ones."""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import openvino

from components.optimizer.comparing.judging import Measurement, Reference, Times, Verdict, judge_all
from components.optimizer.comparing.measuring import (
    Predictor,
    SampleRows,
    classify,
    compare,
    read_sample,
    time_in_turns,
)
from components.optimizer.comparing.predictors import OpenVinoPredictor, SavedModelPredictor
from components.optimizer.forms.candidates import Candidate, float_candidates, int8_candidates
from components.optimizer.forms.conversion import convert_tokens, save
from components.optimizer.forms.quantization import quantize_weights
from components.optimizer.manifest import empty_folder, write_manifest
from components.optimizer.messages import brief
from components.optimizer.params import OptimizeParams
from components.scarcity import is_shortage

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
    saved_model = SavedModelPredictor(model)
    trial = _Trial(folder, rows, Reference(rows.labels, classify(saved_model, rows)))
    # Halves of the bytes first; they are kept wherever that costs nothing.
    for compress in (True, False):
        trial.forget()  # the file that is written anew may still be read from
        save(converted, folder / _MODEL_FILE, compress=compress)
        trial.add(float_candidates(_MODEL_FILE))
        if any(variant.is_as_good(params) for variant in trial.compared.values()):
            break
    note = _add_int8(trial, converted)
    times, measured = trial.timed(saved_model)
    verdicts = judge_all(measured, params)
    facts = _facts(trial.reference, times)
    write_manifest(model, facts, _entries(measured, verdicts), note)
    return verdicts


class _Trial:
    """The variants that are loaded, and how their answers compare."""

    def __init__(self, folder: Path, rows: SampleRows, reference: Reference) -> None:
        self.reference = reference
        self.compared: dict[Candidate, Measurement] = {}
        self._folder = folder
        self._rows = rows
        self._loaded: dict[Candidate, OpenVinoPredictor] = {}

    def add(self, candidates: Sequence[Candidate]) -> None:
        """Load variants and compare their answers."""
        for found in candidates:
            file = self._folder / found.file
            predictor = OpenVinoPredictor(file, found.precision, found.group_size)
            self.compared[found] = compare(predictor, self.reference, self._rows)
            self._loaded[found] = predictor

    def forget(self) -> None:
        """Begin again."""
        self.compared.clear()
        self._loaded.clear()

    def save_and_add(self, model: openvino.Model, candidates: Sequence[Candidate]) -> None:
        """Write the file of some variants, and add them."""
        save(model, self._folder / candidates[0].file, compress=True)
        self.add(candidates)

    def timed(self, saved_model: Predictor) -> tuple[Times, dict[Candidate, Measurement]]:
        """Return the SavedModel's times, and all that was measured of the variants."""
        first, *others = time_in_turns([saved_model, *self._loaded.values()], self._rows)
        pairs = zip(self.compared.items(), others, strict=True)
        return first, {found: compared.timed(own, first) for (found, compared), own in pairs}


def _add_int8(trial: _Trial, converted: openvino.Model) -> str | None:
    """Add the forms in integers; or say why there are none."""
    candidates = int8_candidates(_INT8_FILE)
    if not candidates:
        return "int8 was not tried: this CPU has no VNNI"
    try:
        trial.save_and_add(quantize_weights(converted), candidates)
    except ImportError:
        return "int8 was not tried: NNCF is not installed"
    except RuntimeError as exc:
        if is_shortage(str(exc)):
            raise
        return f"int8 was not tried: {brief(exc)}"
    return None


def _facts(reference: Reference, times: Times) -> dict[str, Any]:
    return {
        "openvino": openvino.__version__,
        "cpu": openvino.Core().get_property("CPU", "FULL_DEVICE_NAME"),
        "rows": len(reference.labels),
        "reference": {"accuracy": reference.accuracy, **asdict(times)},
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
