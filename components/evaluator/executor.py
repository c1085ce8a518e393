"""The work of `ReasoningEvaluator`: TFX's evaluation, then the conditions and the verdict."""

from typing import Any

import tensorflow_text  # noqa: F401 - registers the ops of the transform graph in this process
from tfx import types
from tfx.components.evaluator import executor
from tfx.types import artifact_utils
from tfx.types.standard_component_specs import (
    BASELINE_MODEL_KEY,
    BLESSING_KEY,
    EVAL_CONFIG_KEY,
    EVALUATION_KEY,
    EXAMPLE_SPLITS_KEY,
    EXAMPLES_KEY,
    MODEL_KEY,
)
from tfx.utils import json_utils, path_utils, proto_utils

from bert_aas.conditions.telling import COMPARED, REASON, blessing_sentence
from components.blessing import bless
from components.evaluator.deciding import Judged, decide
from components.evaluator.rules import BIAS_KEY, RULES_KEY, Rules
from components.evaluator.tfma_compat import tfma
from components.evaluator.verdict import compared, short_form_of, with_slack

Artifacts = dict[str, list[types.Artifact]]


class Executor(executor.Executor):
    """Evaluate as TFX does, decide the conditions, and store why a model was blessed or not."""

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Run the evaluation. Where a later node has the last word, it blesses, and not this one.

        Args:
            input_dict: `examples`, `model`, `baseline_model` if there is one, and `bias_analysis`
                where a condition is about it.
            output_dict: `evaluation` and `blessing`.
            exec_properties: `eval_config` and `example_splits`, as TFX's Evaluator has them;
                `conditions`, a `Rules` as JSON.
        """
        eval_config = tfma.EvalConfig()
        proto_utils.json_to_proto(exec_properties[EVAL_CONFIG_KEY], eval_config)
        lenient = proto_utils.proto_to_json(with_slack(eval_config))
        super().Do(input_dict, output_dict, {**exec_properties, EVAL_CONFIG_KEY: lenient})
        judged = _judged(input_dict, output_dict, exec_properties)
        verdict = decide(judged, judged.rules.all_conditions(*short_form_of(eval_config)))
        blessing = artifact_utils.get_single_instance(output_dict[BLESSING_KEY])
        limits_later = judged.rules.limits_later
        bless(blessing, blessed=verdict.passed and not (verdict.deferred or limits_later))
        has_baseline = judged.baseline is not None
        found = compared(judged.evaluation_uri, eval_config, has_baseline=has_baseline)
        blessing.set_string_custom_property(REASON, blessing_sentence(found, verdict, limits_later))
        if judged.rules.leaves_the_last_word:
            blessing.set_string_custom_property(COMPARED, found)


def _judged(inputs: Artifacts, outputs: Artifacts, exec_properties: dict[str, Any]) -> Judged:
    (split,) = json_utils.loads(exec_properties[EXAMPLE_SPLITS_KEY])
    (split_uri,) = artifact_utils.get_split_uris(inputs[EXAMPLES_KEY], split)
    models = [
        path_utils.serving_model_path(inputs[key][0].uri) if inputs.get(key) else None
        for key in (MODEL_KEY, BASELINE_MODEL_KEY)
    ]
    candidate, baseline = models
    bias = inputs.get(BIAS_KEY)
    return Judged(
        evaluation_uri=artifact_utils.get_single_uri(outputs[EVALUATION_KEY]),
        model=candidate or "",
        baseline=baseline,
        split=split_uri,
        bias=artifact_utils.get_single_uri(bias) if bias else None,
        rules=Rules.model_validate_json(exec_properties.get(RULES_KEY) or "{}"),
    )
