"""The driver of Pusher: a pushed version that somebody removed is pushed again, not cached."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tfx.orchestration import metadata
from tfx.orchestration.portable import data_types as portable_data_types
from tfx.proto.orchestration import driver_output_pb2

from components.cache_key_driver import CacheKeyDriver, driver_output
from components.pusher.params import PUSHED_DESTINATION, PUSHED_MODEL_URI, WAITING_FOR

LOST_PUSHES = "lost_pushes"
WAITED = "waited"
_PUSHED_MODEL_TYPE = "PushedModel"


class LostPushDriver(CacheKeyDriver):
    """Add the exec property `lost_pushes` to the cache key: removed versions of this model.

    A model that waited for its approval is asked for again each time: `waited` counts how often.
    """

    def __init__(self, metadata_handle: metadata.Metadata) -> None:
        super().__init__(metadata_handle)
        self._handle = metadata_handle

    def run(
        self, execution_info: portable_data_types.ExecutionInfo
    ) -> driver_output_pb2.DriverOutput:
        """Answer TFX's launcher, before it looks into the cache.

        Args:
            execution_info: The execution to come.

        Returns:
            All exec properties, the number of lost pushes among them.
        """
        with self._handle as handle:
            pushed = handle.store.get_artifacts_by_type(_PUSHED_MODEL_TYPE)
        (model,) = execution_info.input_dict["model"]
        properties = [artifact.custom_properties for artifact in pushed]
        added = {
            LOST_PUSHES: count_lost(properties, model.uri),
            WAITED: count_waited(properties, model.uri) or None,
        }
        return driver_output({**execution_info.exec_properties, **added})


def count_lost(pushes: Iterable[Any], model_uri: str) -> int:
    """Count the versions of one model that were pushed and are gone.

    Args:
        pushes: Custom properties of all `PushedModel` artifacts, as ML Metadata has them.
        model_uri: Folder of the model in question.

    Returns:
        How many of its version folders are no longer there.
    """
    return sum(
        push[PUSHED_MODEL_URI].string_value == model_uri
        and PUSHED_DESTINATION in push
        and not _is_there(push[PUSHED_DESTINATION].string_value)
        for push in pushes
        if PUSHED_MODEL_URI in push
    )


def count_waited(pushes: Iterable[Any], model_uri: str) -> int:
    """Count how often one model was not pushed since it waited for its approval.

    Args:
        pushes: Custom properties of all `PushedModel` artifacts, as ML Metadata has them.
        model_uri: Folder of the model in question.

    Returns:
        The number.
    """
    return sum(
        WAITING_FOR in push and push[PUSHED_MODEL_URI].string_value == model_uri for push in pushes
    )


def _is_there(folder: str) -> bool:
    if "://" not in folder:
        return Path(folder).is_dir()
    # Not TFX's file systems: a node that runs on a disk may have left out those of TensorFlow.
    import tensorflow as tf  # noqa: PLC0415  (slow, and only for URIs)

    return bool(tf.io.gfile.isdir(folder))
