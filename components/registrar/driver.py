"""The driver of the Registrar: how the model was trained, and whether its registry is still there.

Both are found in ML Metadata, which executors do not see. When, how long and where it was trained
stands in the Trainer's own `history.json`, too, since an earlier release did not write it and a
service runs no driver; what stands there counts.
"""

import json
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tfx.orchestration import metadata
from tfx.orchestration.portable import data_types as portable_data_types
from tfx.proto.orchestration import driver_output_pb2

from bert_aas.contracts.names import CODE_FINGERPRINT_KEY
from bert_aas.registry.places import registry_place
from components.cache_key_driver import CacheKeyDriver, driver_output
from components.registrar.params import MODEL_URI, REGISTRY_URL

TRAINING_KEY = "training"
LOST_KEY = "lost_registries"
MODEL_KEY = "model"
_TRAINER = "Trainer"
_REGISTRATION_TYPE = "Metrics"
_OUTPUT = 4  # ml_metadata.proto.Event.OUTPUT
_INPUT = 3
_DEPTH = 4


class TrainingDriver(CacheKeyDriver):
    """Add the exec properties `training` and `lost_registries` to the cache key."""

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
            All exec properties, what is known of the training among them.
        """
        (model,) = execution_info.input_dict[MODEL_KEY]
        with self._handle as handle:
            made = handle.store.get_artifacts_by_type(_REGISTRATION_TYPE)
            training = training_of(handle.store, model.id)
        lost = count_lost((one.custom_properties for one in made), model.uri)
        added = {TRAINING_KEY: json.dumps(training, sort_keys=True), LOST_KEY: lost}
        return driver_output({**execution_info.exec_properties, **added})


def count_lost(registrations: Iterable[Any], model_uri: str) -> int:
    """Count the registries that a model was registered in and that are gone.

    Args:
        registrations: Custom properties of artifacts, as ML Metadata has them.
        model_uri: Folder of the model.

    Returns:
        How many of their files are no longer there; a server is not asked.
    """
    lost = 0
    for one in registrations:
        if MODEL_URI in one and one[MODEL_URI].string_value == model_uri:
            file = registry_place(one[REGISTRY_URL].string_value).file
            lost += file is not None and not Path(file).is_file()
    return lost


def training_of(store: Any, artifact_id: int, depth: int = _DEPTH) -> dict[str, str]:
    """Find the training of a model, through the nodes that copied it.

    Args:
        store: ML Metadata.
        artifact_id: Id of the model.
        depth: How many nodes back to look.

    Returns:
        `trained_at`, `training_seconds` and `code_fingerprint`; empty if there is none.
    """
    events = store.get_events_by_artifact_ids([artifact_id])
    makers = [event.execution_id for event in events if event.type == _OUTPUT]
    if not makers or depth == 0:
        return {}
    (execution,) = store.get_executions_by_id(makers[:1])
    (kind,) = store.get_execution_types_by_id([execution.type_id])
    if kind.name.rpartition(".")[2] == _TRAINER:
        seconds = (
            execution.last_update_time_since_epoch - execution.create_time_since_epoch
        ) / 1000
        return {
            "trained_at": _time(execution.last_update_time_since_epoch),
            "training_seconds": f"{seconds:.1f}",
            "code_fingerprint": execution.custom_properties[CODE_FINGERPRINT_KEY].string_value,
        }
    for event in store.get_events_by_execution_ids(makers[:1]):
        if event.type == _INPUT and (found := training_of(store, event.artifact_id, depth - 1)):
            return found
    return {}


def _time(milliseconds: int) -> str:
    at = datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
    return at.isoformat(timespec="seconds")
