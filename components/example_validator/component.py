"""ExampleValidator that stops the run on the anomalies the user named."""

import json
from collections.abc import Sequence

from tfx import types
from tfx.components.example_validator.component import ExampleValidator
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.component_spec import ExecutionParameter
from tfx.types.standard_component_specs import ExampleValidatorSpec

from components.example_validator.executor import Executor

STOP_ON = "stop_on"


class StoppingExampleValidatorSpec(ExampleValidatorSpec):
    """TFX's specification and the list of anomalies."""

    PARAMETERS = {  # noqa: RUF012 - TFX reads this class attribute
        **ExampleValidatorSpec.PARAMETERS,
        STOP_ON: ExecutionParameter(type=str),
    }


class StoppingExampleValidator(ExampleValidator):
    """Compare every split's statistics with the schema; fail on the anomalies that are named.

    Outputs:
        anomalies: TFDV's anomalies of every split, as TFX's own component writes them.
    """

    SPEC_CLASS = StoppingExampleValidatorSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self, statistics: types.BaseChannel, schema: types.BaseChannel, stop_on: Sequence[str]
    ) -> None:
        """Describe the node.

        Args:
            statistics: Channel of `ExampleStatistics`.
            schema: Channel of `Schema`.
            stop_on: Names of TFDV's `AnomalyInfo.Type` that fail the node; `ALL` for every type.
        """
        spec = StoppingExampleValidatorSpec(
            statistics=statistics,
            schema=schema,
            exclude_splits="null",
            stop_on=json.dumps(list(stop_on)),
            anomalies=types.Channel(type=standard_artifacts.ExampleAnomalies),
        )
        # The parent's constructor would build its own specification.
        base_component.BaseComponent.__init__(self, spec=spec)
