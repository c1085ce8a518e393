"""Evaluator: TFX's component with an executor that also gives the reason of its verdict."""

from tfx.components.evaluator.component import Evaluator
from tfx.dsl.components.base import executor_spec

from components.evaluator.executor import Executor


class ReasoningEvaluator(Evaluator):
    """Evaluate with TFMA and bless or not; the reason is in the blessing artifact.

    Inputs and outputs are those of TFX's Evaluator.
    """

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)
