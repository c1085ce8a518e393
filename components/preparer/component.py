"""The contract of the Preparer: its input, its parameters and its output."""

from typing import Any, ClassVar

from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from components.preparer.columns import RowColumns
from components.preparer.executor import (
    COLUMNS_KEY,
    EXAMPLES_KEY,
    INPUT_KEY,
    PARAMS_KEY,
    Executor,
)
from components.preparer.params import PrepareParams


class PreparerSpec(component_spec.ComponentSpec):
    """Parameters: the rules, and which columns they are about."""

    PARAMETERS: ClassVar[dict[str, Any]] = {
        PARAMS_KEY: component_spec.ExecutionParameter(type=str),
        COLUMNS_KEY: component_spec.ExecutionParameter(type=str),
    }
    INPUTS: ClassVar[dict[str, Any]] = {
        INPUT_KEY: component_spec.ChannelParameter(type=standard_artifacts.Examples)
    }
    OUTPUTS: ClassVar[dict[str, Any]] = {
        EXAMPLES_KEY: component_spec.ChannelParameter(type=standard_artifacts.Examples)
    }


class Preparer(base_beam_component.BaseBeamComponent):
    """Clean texts, map labels, drop rows by rules, balance the train split.

    Output `examples` (Examples): the splits as ExampleGen writes them, with the rows that are left;
    `summary.json` (a `PreparationSummary`) says what was done, `prepared/dropped.parquet` has every
    row that was dropped, with the reason. Custom properties as ExampleGen's.

    Example:
        `Preparer(rows, PrepareParams(enabled=True), columns).with_id("Preparer")`
    """

    SPEC_CLASS = PreparerSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(
        self, examples: types.BaseChannel, params: PrepareParams, columns: RowColumns
    ) -> None:
        """Declare the node.

        Args:
            examples: Channel of the `Examples` of ExampleGen.
            params: The rules.
            columns: Which columns hold text, pair, label and key.
        """
        super().__init__(
            spec=PreparerSpec(
                prepare_params=params.model_dump_json(),
                columns=columns.model_dump_json(),
                rows=examples,
                examples=types.Channel(type=standard_artifacts.Examples),
            )
        )
