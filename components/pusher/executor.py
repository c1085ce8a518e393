"""The work of `AtomicPusher`: TFX's push into a staging folder, then one rename."""

import shutil
from pathlib import Path
from typing import Any

from tfx import types
from tfx.components.pusher import executor
from tfx.proto import pusher_pb2
from tfx.types import artifact_utils
from tfx.utils import proto_utils

STAGING = ".staging"
"""Servers look for folders whose names are numbers and never see this one."""

PUSHED_DESTINATION = "pushed_destination"
PUSHED_VERSION = "pushed_version"
PUSHED_MODEL_URI = "pushed_model_uri"
_PUSH_DESTINATION = "push_destination"


class Executor(executor.Executor):
    """Push as TFX does, but let the version folder appear under its name only when complete."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Push the model if it is blessed.

        Args:
            input_dict: `model`, `model_blessing`, `infra_blessing`.
            output_dict: `pushed_model`.
            exec_properties: `push_destination`, TFX's proto as JSON, with a local folder.
        """
        destination = pusher_pb2.PushDestination()
        proto_utils.json_to_proto(exec_properties[_PUSH_DESTINATION], destination)
        base = Path(destination.filesystem.base_directory)
        staging = base / STAGING
        shutil.rmtree(staging, ignore_errors=True)  # what a killed push left
        destination.filesystem.base_directory = str(staging)
        staged = {_PUSH_DESTINATION: proto_utils.proto_to_json(destination)}
        super().Do(input_dict, output_dict, {**exec_properties, **staged})
        pushed = artifact_utils.get_single_instance(output_dict["pushed_model"])
        source = pushed.get_string_custom_property(PUSHED_DESTINATION)
        if source:
            target = base / str(_next_version(base, int(Path(source).name)))
            Path(source).rename(target)
            pushed.set_string_custom_property(PUSHED_DESTINATION, str(target))
            pushed.set_string_custom_property(PUSHED_VERSION, target.name)
            model = artifact_utils.get_single_instance(input_dict["model"])
            pushed.set_string_custom_property(PUSHED_MODEL_URI, model.uri)
        shutil.rmtree(staging, ignore_errors=True)


def _next_version(base: Path, proposed: int) -> int:
    """Return a version above all that are there: servers take the highest number as the latest."""
    taken = [int(folder.name) for folder in base.iterdir() if folder.name.isdecimal()]
    return max([proposed, *(version + 1 for version in taken)])
