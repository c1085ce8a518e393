"""What the registry lets the Pusher push."""

from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd
from tfx.types.experimental import simple_artifacts

from bert_aas.contracts.signing import FolderSigner, FolderVerifier
from bert_aas.registry.places import registry_place
from bert_aas.registry.registry import Registry
from bert_aas.registry.statuses import APPROVED, REJECTED
from components.pusher.driver import count_waited
from components.pusher.params import PUSHED_MODEL_URI, WAITING_FOR
from components.pusher.registered import (
    PushFolders,
    RegisteredPlace,
    Registration,
    push_registered,
    registration_of,
)
from tests.bert_aas.registry.registries import candidate
from tests.signing_keys import write_keys

pytestmark = pytest.mark.slow  # TFX and MLflow take many seconds to import


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return Registry(registry_place(str(tmp_path_factory.mktemp("registry"))))


def test_a_version_waits_is_pushed_once_and_not_when_it_is_rejected(
    registry: Registry, tmp_path: Path
) -> None:
    made = registry.register(candidate(tmp_path, "shop"))
    given, base = Registration(registry.place.url, "shop", 1), str(tmp_path / "serving")

    waits = push_registered(given, made.source, RegisteredPlace(base, required=True))
    assert (waits.folder, waits.waits_for) == (None, "shop 1")
    assert not (tmp_path / "serving").exists()

    registry.decide("shop", "1", APPROVED, "bob", "reads well")
    pushed = push_registered(given, made.source, RegisteredPlace(base, required=True))
    assert pushed == push_registered(given, made.source, RegisteredPlace(base, required=True))
    (folder,) = (tmp_path / "serving").iterdir()
    assert pushed.folder == str(folder)
    (deployed,) = registry.version("shop").deployments
    assert (deployed.by, deployed.cause, deployed.folder) == ("ann", "run", str(folder))

    registry.decide("shop", "1", REJECTED, "eve", "it is rude")
    refused = push_registered(given, made.source, RegisteredPlace(base))
    assert (refused.folder, refused.waits_for) == (None, "")


def test_without_an_approval_a_pending_version_is_pushed(
    registry: Registry, tmp_path: Path
) -> None:
    made = registry.register(candidate(tmp_path, "free"))
    given = Registration(registry.place.url, "free", 1)
    pushed = push_registered(given, made.source, RegisteredPlace(str(tmp_path / "serving")))
    assert pushed.folder is not None


def test_a_registered_version_is_signed_once(registry: Registry, tmp_path: Path) -> None:
    """The signature is no part of the content by which the registry knows the folder again."""
    made = registry.register(candidate(tmp_path, "sealed"))
    given, keys = Registration(registry.place.url, "sealed", 1), write_keys(tmp_path)
    place = RegisteredPlace(str(tmp_path / "serving"), FolderSigner(keys.private).sign)
    pushed = push_registered(given, made.source, place)
    assert pushed.folder is not None
    FolderVerifier(keys.public).verify(Path(pushed.folder))
    assert PushFolders().content(pushed.folder) == PushFolders().content(made.source)
    assert push_registered(given, made.source, place) == pushed


def test_a_run_that_registered_nothing_has_no_registration() -> None:
    artifact = simple_artifacts.Metrics()
    assert registration_of(None) is None
    assert registration_of([artifact]) is None
    artifact.set_int_custom_property("registered_version", 3)
    artifact.set_string_custom_property("registered_model", "shop")
    artifact.set_string_custom_property("registry_url", "http://mlflow")
    assert registration_of([artifact]) == Registration("http://mlflow", "shop", 3)


def test_a_model_that_waited_is_counted() -> None:
    waited = mlmd.Artifact()
    waited.custom_properties[PUSHED_MODEL_URI].string_value = "/a"
    waited.custom_properties[WAITING_FOR].string_value = "shop 1"
    plain = mlmd.Artifact()
    plain.custom_properties[PUSHED_MODEL_URI].string_value = "/a"
    properties = [waited.custom_properties, plain.custom_properties]
    assert (count_waited(properties, "/a"), count_waited(properties, "/b")) == (1, 0)
