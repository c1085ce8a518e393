"""The contract of ExampleGen: its parameters and its outputs."""

from typing import Any, ClassVar

from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import channel_utils, component_spec, standard_artifacts

from components.example_gen.driver import ContentDriver
from components.example_gen.executor import DATA_PARAMS_KEY, EXAMPLES_KEY, Executor
from components.example_gen.fingerprint import CONTENT_FINGERPRINT_KEY
from components.example_gen.params import DataParams


class RowExampleGenSpec(component_spec.ComponentSpec):
    """Parameters: what to read, and a fingerprint of it that only the cache key is made of."""

    PARAMETERS: ClassVar[dict[str, Any]] = {
        DATA_PARAMS_KEY: component_spec.ExecutionParameter(type=str),
        CONTENT_FINGERPRINT_KEY: component_spec.ExecutionParameter(type=str, optional=True),
    }
    INPUTS: ClassVar[dict[str, Any]] = {}
    OUTPUTS: ClassVar[dict[str, Any]] = {
        EXAMPLES_KEY: component_spec.ChannelParameter(type=standard_artifacts.Examples)
    }


class RowExampleGen(base_beam_component.BaseBeamComponent):
    """Turn a table of texts and labels into train, eval and test splits of tf.Examples.

    TFX's own CsvExampleGen splits files at line breaks, which tears reviews of several lines apart.

    Output `examples` (Examples): every column of the table, typed over all rows, and `row_key`;
    text, pair, label and key are bytes exactly as spelt. Gzip TFRecord in `Split-train`,
    `Split-eval`, `Split-test`; row counts as custom properties `rows_<split>`, `rows_rejected`.

    Example:
        `RowExampleGen(DataParams(path="reviews.csv")).with_id("ExampleGen")`
    """

    SPEC_CLASS = RowExampleGenSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)
    DRIVER_CLASS = ContentDriver

    def __init__(self, data_params: DataParams, content_fingerprint: str | None = None) -> None:
        """Declare the node.

        Args:
            data_params: What to read and how to split it.
            content_fingerprint: Changes when the data change; the driver computes it again in every
                run, so it is needed only where TFX's drivers do not run (Vertex AI).
        """
        super().__init__(
            spec=RowExampleGenSpec(
                data_params=data_params.model_dump_json(),
                content_fingerprint=content_fingerprint,
                examples=channel_utils.as_channel([standard_artifacts.Examples()]),
            )
        )
