"""The work of ModelBiasDetector: predict, count, write the figures, stop the run beyond a limit.

Where conditions are about these figures, it has the last word on the blessing.
"""

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
from bert_aas.contracts.errors import InvalidInputError, ViolationError
from bert_aas.contracts.names import TEST_SPLIT
from bert_aas.contracts.plain_text import printable_json
from components.bias_params import BiasParams
from components.model_bias_detector.deciding import Decided, decide_deferred
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
FIRST_KEY = "first_blessing"
ANALYSIS_KEY = "analysis"
BLESSING_KEY = "blessing"
VERDICT = "verdict"

Artifacts = dict[str, list[types.Artifact]]

_logger = logging.getLogger(__name__)


class Executor(base_executor.BaseExecutor):
    """Measure the bias of a model before it is let in."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: Artifacts,
        output_dict: Artifacts,
        exec_properties: dict[str, Any],
    ) -> None:
        """Write `analysis.json`, and the verdict where conditions are left to this node.

        Args:
            input_dict: `examples`, as ExampleGen writes them; `model`; `baseline_model`, if there
                is one; `label_analysis`, what BiasDetector wrote; where conditions are left to this
                node, the Evaluator's `evaluation` and its blessing, `first_blessing`.
            output_dict: `analysis`; `blessing`, where conditions are left to this node.
            exec_properties: `bias_params`, a `BiasParams` as JSON; `columns`, a JSON object with
                `label` and the list `texts`.

        Raises:
            ViolationError: If a figure is beyond its limit.
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
        decided = _decided(input_dict, output_dict, content)
        if decided and decided.left:
            content[OWN_KEY] |= {"conditions": decided.listed, "refused": decided.refused}
        sentence, is_beyond = judged(report, candidate.swaps, limits)
        made.set_string_custom_property(VERDICT, sentence)
        _write(f"{made.uri}/{ANALYSIS_FILE}", content)
        if is_beyond:
            self._keep(made.uri, content)
            raise ViolationError(f"the predictions differ beyond `bias.max`: {sentence}")

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


def _decided(inputs: Artifacts, outputs: Artifacts, content: Mapping[str, Any]) -> Decided | None:
    """Decide the conditions that the Evaluator left open, if any, and write the verdict."""
    if not inputs.get(EVALUATION_KEY):
        return None
    (evaluation,), (first,) = inputs[EVALUATION_KEY], inputs[FIRST_KEY]
    decided = decide_deferred(evaluation.uri, content)
    decided.write(artifact_utils.get_single_uri(outputs[ANALYSIS_KEY]))
    decided.bless(first, artifact_utils.get_single_instance(outputs[BLESSING_KEY]))
    return decided


def _labels(analyses: list[types.Artifact]) -> dict[str, Any] | None:
    """Read what BiasDetector wrote about the labels, if the graph has it."""
    for made in analyses:
        found: dict[str, Any] = json.loads(read_file(f"{made.uri}/{ANALYSIS_FILE}"))
        return found
    return None


def _write(path: str, content: Mapping[str, Any]) -> None:
    with open_to_write(path) as file:
        file.write(f"{printable_json(content)}\n".encode())
