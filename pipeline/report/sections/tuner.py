"""The trials of the Tuner, the best first."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.tfrecords import read_file
from pipeline.report.section import OutputSection

TRIALS_FILE = "tuner_results.json"

_FIRST_COLUMNS = ("trial_id", "score")


@dataclass(frozen=True)
class Trials:
    """The trials of the Tuner, the best first: `trial_id`, `score` and the hyperparameters."""

    columns: tuple[str, ...]
    trials: tuple[Mapping[str, Any], ...]


def read_trials(uri: str) -> Trials:
    """Read the trials of the Tuner.

    Args:
        uri: Folder of Tuner's `tuner_results`.

    Returns:
        The trials, the best score first.
    """
    trials: list[dict[str, Any]] = json.loads(read_file(f"{uri}/{TRIALS_FILE}"))
    names = dict.fromkeys(name for trial in trials for name in trial)
    columns = [name for name in _FIRST_COLUMNS if name in names]
    columns += [name for name in names if name not in columns]
    ordered = sorted(trials, key=lambda trial: -(trial.get("score") or -math.inf))
    return Trials(tuple(columns), tuple(ordered))


SECTION = OutputSection(
    name="tuner",
    title="Tuner",
    node="Tuner",
    output="tuner_results",
    setting="tune.enabled=true",
    read=lambda made, _: read_trials(made.uri),
)
