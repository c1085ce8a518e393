"""The driver of ExampleGen: it puts the data's fingerprint into the cache key before each look-up.

The fingerprint is taken when the node runs, not when the pipeline is compiled, so an IR compiled
last week does not serve last week's data from the cache.
"""

from typing import Any

from tfx.orchestration.portable import data_types as portable_data_types
from tfx.proto.orchestration import driver_output_pb2

from components.cache_key_driver import CacheKeyDriver, driver_output
from components.example_gen.fingerprint import CONTENT_FINGERPRINT_KEY, content_fingerprint
from components.example_gen.params import DataParams
from components.example_gen.reading.sources import find_files

_DATA_PARAMS_KEY = "data_params"


class ContentDriver(CacheKeyDriver):
    """Add the exec property `content_fingerprint`."""

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
        """
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
        """
        return driver_output(
            self.resolve_exec_properties(execution_info.exec_properties, None, None)
        )
