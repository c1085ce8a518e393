"""The work of ModelBiasDetector: predict, count, write the figures, stop the run beyond a limit."""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import path_utils

from bert_aas.bias.analysis import model_analysis
from bert_aas.bias.figures import BiasReport, verdict
from bert_aas.bias.files import ANALYSIS_FILE, OWN_KEY, STOPPED_FILE
from bert_aas.bias.limits import after_training
from bert_aas.bias.metric_names import SWAPS
from bert_aas.bias.predicted.measuring import measure_outcomes
from bert_aas.bias.predicted.swapping import SwapReport
from bert_aas.conditions.evaluating import as_json
from bert_aas.contracts.errors import InvalidInputError, ViolationError
from bert_aas.contracts.names import TEST_SPLIT
from bert_aas.contracts.plain_text import printable_json
from components.bias_params import BiasParams
from components.model_bias_detector.deciding import decide_deferred, was_deferred
from components.model_bias_detector.predicting import PREDICTED, Predicted, count_predictions
from components.tfrecords import open_to_write, read_file
from models.export.answering import BatchModel

PARAMS_KEY = "bias_params"
COLUMNS_KEY = "columns"
EXAMPLES_KEY = "examples"
MODEL_KEY = "model"
BASELINE_KEY = "baseline_model"
LABELS_KEY = "label_analysis"
EVALUATION_KEY = "evaluation"
ANALYSIS_KEY = "analysis"
VERDICT = "verdict"

_logger = logging.getLogger(__name__)


class Executor(base_executor.BaseExecutor):
    """Measure the bias of a model before it is let in."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Write `analysis.json`.

        Args:
            input_dict: `examples`, as ExampleGen writes them; `model`; `baseline_model`, if there
                is one; `label_analysis`, what BiasDetector wrote; `evaluation`, where a condition
                is left to this node.
            output_dict: `analysis`.
            exec_properties: `bias_params`, a `BiasParams` as JSON; `columns`, a JSON object with
                `label` and the list `texts`.

        Raises:
            ViolationError: If a figure is beyond its limit, or a condition does not hold.
        """
        params = BiasParams.model_validate_json(exec_properties[PARAMS_KEY])
        columns = json.loads(exec_properties[COLUMNS_KEY])
        found = _Measuring(input_dict[EXAMPLES_KEY], params, columns)
        candidate = found.of(input_dict[MODEL_KEY], swaps=params.swaps)
        report = measure_outcomes(candidate.outcomes)
        limits = after_training(params.max)
        content = model_analysis(
            report,
            limits,
            baseline=found.of_baseline(input_dict.get(BASELINE_KEY, [])),
            swaps=candidate.swaps.described(limits.get(SWAPS)) if candidate.swaps else None,
            before=_labels(input_dict.get(LABELS_KEY, [])),
        )
        made = artifact_utils.get_single_instance(output_dict[ANALYSIS_KEY])
        sentence, is_beyond = judged(report, candidate.swaps, limits)
        decided = _decided(input_dict.get(EVALUATION_KEY, []), content)
        content[OWN_KEY] |= decided
        made.set_string_custom_property(VERDICT, sentence)
        _write(f"{made.uri}/{ANALYSIS_FILE}", content)
        refused = "; ".join(
            f"{one['name']!r} {one['sentence']}" for one in decided.get("refused", ())
        )
        if is_beyond or refused:
            self._keep(made.uri, content)
        if is_beyond:
            raise ViolationError(f"the predictions differ beyond `bias.max`: {sentence}")
        if refused:
            raise ViolationError(f"a condition on the bias of the model does not hold: {refused}")

    def _keep(self, uri: str, content: Mapping[str, Any]) -> None:
        """Keep for the report what TFX removes, as this node fails."""
        run = self._context.pipeline_run_id if self._context else ""
        folder = uri.rstrip("/").rpartition("/")[0]
        _write(f"{folder}/{STOPPED_FILE}", {**content, "run_id": run})


def judged(
    report: BiasReport, swaps: SwapReport | None, limits: Mapping[str, float]
) -> tuple[str, bool]:
    """Judge a model by the limits.

    Args:
        report: Its figures.
        swaps: What swapping words changes.
        limits: Name of a metric to its limit.

    Returns:
        The verdict in one sentence, without a full stop; whether a figure is beyond its limit.
    """
    violations = report.beyond(limits)
    flipped = swaps.beyond(limits.get(SWAPS)) if swaps else ""
    if not flipped:
        return verdict(violations, limits), bool(violations)
    return "; ".join([*([verdict(violations, limits)] if violations else []), flipped]), True


class _Measuring:
    """Measures models on the same rows."""

    def __init__(
        self, examples: list[types.Artifact], params: BiasParams, columns: Mapping[str, Any]
    ) -> None:
        self._folders = [artifact_utils.get_split_uri(examples, TEST_SPLIT)]
        self._texts = tuple(columns["texts"])
        self._question = params.question(columns["label"], self._texts, PREDICTED)

    def of(self, models: list[types.Artifact], swaps: Sequence[tuple[str, str]] = ()) -> Predicted:
        """Count what a model predicts."""
        model = artifact_utils.get_single_instance(models)
        path = path_utils.serving_model_path(model.uri, path_utils.is_old_model_artifact(model))
        return count_predictions(
            self._folders, BatchModel(path), self._question, self._texts, swaps
        )

    def of_baseline(self, models: list[types.Artifact]) -> BiasReport | None:
        """Measure the baseline, if there is one that can be asked."""
        if not models:
            return None
        try:
            return measure_outcomes(self.of(models).outcomes)
        except InvalidInputError as exc:
            _logger.warning("the baseline is not compared: %s", exc)
            return None


def _decided(
    evaluations: list[types.Artifact], content: Mapping[str, Any]
) -> dict[str, list[dict[str, Any]]]:
    """Decide the conditions that the Evaluator left open: all of them, and those that fail."""
    if not evaluations:
        return {}
    (evaluation,) = evaluations
    names = was_deferred(evaluation.uri)
    verdict = decide_deferred(evaluation.uri, content)
    listed = as_json(verdict)["conditions"]
    refused = {one.condition.name for one in verdict.refused} & names
    return {
        "conditions": [one for one in listed if one["name"] in names],
        "refused": [one for one in listed if one["name"] in refused],
    }


def _labels(analyses: list[types.Artifact]) -> dict[str, Any] | None:
    """Read what BiasDetector wrote about the labels, if the graph has it."""
    for made in analyses:
        found: dict[str, Any] = json.loads(read_file(f"{made.uri}/{ANALYSIS_FILE}"))
        return found
    return None


def _write(path: str, content: Mapping[str, Any]) -> None:
    with open_to_write(path) as file:
        file.write(f"{printable_json(content)}\n".encode())
