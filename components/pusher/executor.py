"""The work of `AtomicPusher`: TFX's decision, then a version that appears complete."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tfx import types
from tfx.components.pusher import executor
from tfx.proto import pusher_pb2
from tfx.types import artifact_utils
from tfx.utils import io_utils, proto_utils

from bert_aas.contracts.signing import FolderSigner
from components.pusher.params import PUSHED_MODEL_URI, SIGN_KEY, WAITING_FOR
from components.pusher.publishing import publish
from components.pusher.registered import RegisteredPlace, push_registered, registration_of

REGISTRATION_KEY = "registration"
APPROVAL_KEY = "approval"
REQUIRED = "required"


class Executor(executor.Executor):
    """Push what TFX would push; the version folder is never seen half written."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Push the model if it is blessed.

        Args:
            input_dict: `model`, `model_blessing`, `infra_blessing`; `registration`, if there is a
                registry.
            output_dict: `pushed_model`.
            exec_properties: `push_destination`, TFX's proto as JSON, with a folder or a URI;
                `custom_config`, JSON, may name the key to sign with; `approval`, if there is a
                registry.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        pushed = artifact_utils.get_single_instance(output_dict["pushed_model"])
        if not self.CheckBlessing(input_dict):
            self._MarkNotPushed(pushed)
            return
        destination = pusher_pb2.PushDestination()
        proto_utils.json_to_proto(exec_properties["push_destination"], destination)
        model_path, base = self.GetModelPath(input_dict), destination.filesystem.base_directory
        registered = registration_of(input_dict.get(REGISTRATION_KEY))
        seal = _seal(exec_properties.get("custom_config"))
        if registered is None:
            target = publish(model_path, base, seal)
        else:
            required = exec_properties[APPROVAL_KEY] == REQUIRED
            place = RegisteredPlace(base, seal, required=required)
            pushed_to = push_registered(registered, model_path, place)
            if pushed_to.folder is None:
                self._MarkNotPushed(pushed)
                if pushed_to.waits_for:
                    pushed.set_string_custom_property(WAITING_FOR, pushed_to.waits_for)
                model = artifact_utils.get_single_instance(input_dict["model"])
                pushed.set_string_custom_property(PUSHED_MODEL_URI, model.uri)
                return
            target = pushed_to.folder
        io_utils.copy_dir(model_path, pushed.uri)
        version = target.rpartition("/")[2]
        self._MarkPushed(pushed, pushed_destination=target, pushed_version=version)
        model = artifact_utils.get_single_instance(input_dict["model"])
        pushed.set_string_custom_property(PUSHED_MODEL_URI, model.uri)


def _seal(custom_config: str | None) -> Callable[[Path], None] | None:
    """Return what signs a version, if a key is configured."""
    config = json.loads(custom_config or "null") or {}
    key = config.get(SIGN_KEY)
    return FolderSigner(Path(key)).sign if key else None
