"""Base of the drivers that add something to the cache key when a node runs."""

from typing import Any

from tfx.dsl.components.base import base_driver
from tfx.orchestration import data_types_utils, metadata
from tfx.orchestration.portable import base_driver as portable_driver
from tfx.proto.orchestration import driver_output_pb2


class CacheKeyDriver(base_driver.BaseDriver, portable_driver.BaseDriver):
    """A driver for both of TFX's interfaces.

    TFX asks for a subclass of its older driver when the component is declared (and its interactive
    context runs that one); the launcher calls the portable driver's `run`.
    """

    def __init__(self, metadata_handle: metadata.Metadata) -> None:
        base_driver.BaseDriver.__init__(self, metadata_handle)
        portable_driver.BaseDriver.__init__(self, metadata_handle)


def driver_output(exec_properties: dict[str, Any]) -> driver_output_pb2.DriverOutput:
    """Hand exec properties to TFX's launcher.

    Args:
        exec_properties: All of them; `None` values are left out.

    Returns:
        The driver's answer.
    """
    output = driver_output_pb2.DriverOutput()
    for key, value in exec_properties.items():
        if value is not None:
            data_types_utils.set_metadata_value(output.exec_properties[key], value)
    return output
