"""The driver of ExampleGen: it puts the data's fingerprint into the cache key before each look-up.

The fingerprint is taken when the node runs, not when the pipeline is compiled, so an IR compiled
last week does not serve last week's data from the cache.
"""

from typing import Any

from tfx.dsl.components.base import base_driver
from tfx.orchestration import data_types_utils, metadata
from tfx.orchestration.portable import base_driver as portable_driver
from tfx.orchestration.portable import data_types as portable_data_types
from tfx.proto.orchestration import driver_output_pb2

from components.example_gen.fingerprint import CONTENT_FINGERPRINT_KEY, content_fingerprint
from components.example_gen.params import DataParams
from components.example_gen.sources import find_files

_DATA_PARAMS_KEY = "data_params"


class ContentDriver(base_driver.BaseDriver, portable_driver.BaseDriver):
    """Add the exec property `content_fingerprint`.

    TFX asks for a subclass of its older driver when the component is declared (and its interactive
    context runs that one); the launcher calls the portable driver's `run`.
    """

    def __init__(self, metadata_handle: metadata.Metadata) -> None:
        base_driver.BaseDriver.__init__(self, metadata_handle)
        portable_driver.BaseDriver.__init__(self, metadata_handle)

    def resolve_exec_properties(
        self, exec_properties: dict[str, Any], pipeline_info: Any, component_info: Any
    ) -> dict[str, Any]:
        """Add the fingerprint of the data to the exec properties.

        Args:
            exec_properties: `data_params`: a `DataParams` as JSON.
            pipeline_info: Not used.
            component_info: Not used.

        Returns:
            The exec properties with `content_fingerprint`.

        Raises:
            InvalidInputError: If there are no such files.
        """  # noqa: DOC502 - raised by what it calls
        del pipeline_info, component_info
        params = DataParams.model_validate_json(exec_properties[_DATA_PARAMS_KEY])
        return {
            **exec_properties,
            CONTENT_FINGERPRINT_KEY: content_fingerprint(find_files(params)),
        }

    def run(
        self, execution_info: portable_data_types.ExecutionInfo
    ) -> driver_output_pb2.DriverOutput:
        """Answer TFX's launcher, before it looks into the cache.

        Args:
            execution_info: The execution to come.

        Returns:
            All exec properties, the fingerprint among them.

        Raises:
            InvalidInputError: If there are no such files.
        """  # noqa: DOC502 - raised by what it calls
        output = driver_output_pb2.DriverOutput()
        properties = self.resolve_exec_properties(execution_info.exec_properties, None, None)
        for key, value in properties.items():
            if value is not None:
                data_types_utils.set_metadata_value(output.exec_properties[key], value)
        return output
