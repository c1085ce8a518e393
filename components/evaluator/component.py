"""Evaluator: TFX's contract with conditions, and an executor that gives its verdict's reason."""

import json
from typing import Any, ClassVar

from tensorflow_model_analysis.proto import config_pb2
from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import component_spec, standard_artifacts
from tfx.types.experimental import simple_artifacts
from tfx.types.standard_component_specs import EvaluatorSpec

from bert_aas.contracts.names import TEST_SPLIT
from components.evaluator.executor import Executor
from components.evaluator.rules import BIAS_KEY, RULES_KEY, Rules


class ReasoningEvaluatorSpec(EvaluatorSpec):
    """TFX's contract, the conditions, and the bias of the rows where a condition is about it."""

    PARAMETERS: ClassVar[dict[str, Any]] = {
        **EvaluatorSpec.PARAMETERS,
        RULES_KEY: component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS: ClassVar[dict[str, Any]] = {
        **EvaluatorSpec.INPUTS,
        BIAS_KEY: component_spec.ChannelParameter(type=simple_artifacts.Metrics, optional=True),
    }


class ReasoningEvaluator(base_beam_component.BaseBeamComponent):
    """Evaluate with TFMA and bless or not; the reason is in the blessing artifact.

    Outputs are those of TFX's Evaluator. `evaluation` has `evaluation.json` and `conditions.json`
    beside TFMA's files, and `behaviour.json` where there are behavioural tests.
    """

    SPEC_CLASS = ReasoningEvaluatorSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(
        self,
        examples: types.BaseChannel,
        model: types.BaseChannel,
        baseline_model: types.BaseChannel,
        eval_config: config_pb2.EvalConfig,
        rules: Rules,
        bias_analysis: types.BaseChannel | None = None,
    ) -> None:
        """Declare the node.

        Args:
            examples: Channel of `Examples`.
            model: Channel of the candidate.
            baseline_model: Channel of the latest blessed model.
            eval_config: TFMA's configuration, with the threshold.
            rules: The other conditions, and the behavioural tests.
            bias_analysis: Channel of BiasDetector's analysis, where a condition is about it.
        """
        super().__init__(
            spec=ReasoningEvaluatorSpec(
                examples=examples,
                model=model,
                baseline_model=baseline_model,
                bias_analysis=bias_analysis,
                eval_config=eval_config,
                fairness_indicator_thresholds="null",
                example_splits=json.dumps([TEST_SPLIT]),
                conditions=rules.as_parameter(),
                evaluation=types.Channel(type=standard_artifacts.ModelEvaluation),
                blessing=types.Channel(type=standard_artifacts.ModelBlessing),
            )
        )
