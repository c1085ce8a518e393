"""How the model was trained, as ML Metadata tells it; and registries that are gone."""

from pathlib import Path
from typing import Any

import pytest
from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2 as mlmd

from components.registrar.driver import count_lost, training_of
from components.registrar.params import MODEL_URI, REGISTRY_URL

pytestmark = pytest.mark.slow  # TFX takes many seconds to import


class Store:
    """ML Metadata in memory, with nodes that make models of models."""

    def __init__(self) -> None:
        config = mlmd.ConnectionConfig()
        config.fake_database.SetInParent()
        self.store = metadata_store.MetadataStore(config)
        self._model = self.store.put_artifact_type(mlmd.ArtifactType(name="Model"))

    def make(self, node: str, given: int | None = None) -> int:
        kind = self.store.put_execution_type(mlmd.ExecutionType(name=f"tfx.components.{node}"))
        execution = mlmd.Execution(type_id=kind)
        execution.custom_properties["code_fingerprint"].string_value = f"code of {node}"
        (made,) = self.store.put_executions([execution])
        (model,) = self.store.put_artifacts([mlmd.Artifact(type_id=self._model, uri=f"/{node}")])
        events = [mlmd.Event(artifact_id=model, execution_id=made, type=mlmd.Event.OUTPUT)]
        if given is not None:
            events.append(mlmd.Event(artifact_id=given, execution_id=made, type=mlmd.Event.INPUT))
        self.store.put_events(events)
        return int(model)


def test_the_training_of_an_optimized_model_is_found() -> None:
    store = Store()
    model = store.make("Optimizer", store.make("Trainer"))
    found = training_of(store.store, model)
    assert found["code_fingerprint"] == "code of Trainer"
    assert set(found) == {"code_fingerprint", "trained_at", "training_seconds"}


def test_a_model_without_a_training_has_none() -> None:
    store = Store()
    assert training_of(store.store, store.make("Importer")) == {}


def registration(model: str, url: str) -> Any:
    artifact = mlmd.Artifact()
    artifact.custom_properties[MODEL_URI].string_value = model
    artifact.custom_properties[REGISTRY_URL].string_value = url
    return artifact.custom_properties


def test_only_files_that_are_gone_count(tmp_path: Path) -> None:
    (tmp_path / "there.db").touch()
    made = [
        registration("/a", f"sqlite:///{tmp_path}/there.db"),
        registration("/a", f"sqlite:///{tmp_path}/gone.db"),
        registration("/b", f"sqlite:///{tmp_path}/gone.db"),
        registration("/a", "http://mlflow"),
        mlmd.Artifact().custom_properties,
    ]
    assert count_lost(made, "/a") == 1
