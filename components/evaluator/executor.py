"""The work of `ReasoningEvaluator`: TFX's evaluation, then the reason of the verdict."""

from typing import Any

import tensorflow_text  # noqa: F401 - registers the ops of the transform graph in this process
from tfx import types
from tfx.components.evaluator import executor
from tfx.types import artifact_utils
from tfx.utils import proto_utils

from components.evaluator.tfma_compat import tfma
from components.evaluator.verdict import explain, with_slack

REASON = "reason"
_EVAL_CONFIG = "eval_config"


class Executor(executor.Executor):
    """Evaluate as TFX does, then store in the blessing why it was given or not."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Run the evaluation.

        Args:
            input_dict: `examples`, `model`, and `baseline_model` if there is one.
            output_dict: `evaluation` and `blessing`.
            exec_properties: `eval_config` and `example_splits`, as TFX's Evaluator has them.
        """
        eval_config = tfma.EvalConfig()
        proto_utils.json_to_proto(exec_properties[_EVAL_CONFIG], eval_config)
        lenient = proto_utils.proto_to_json(with_slack(eval_config))
        super().Do(input_dict, output_dict, {**exec_properties, _EVAL_CONFIG: lenient})
        evaluation = artifact_utils.get_single_instance(output_dict["evaluation"])
        blessing = artifact_utils.get_single_instance(output_dict["blessing"])
        has_baseline = bool(input_dict.get("baseline_model"))
        reason = explain(evaluation.uri, eval_config, has_baseline=has_baseline)
        blessing.set_string_custom_property(REASON, reason)
