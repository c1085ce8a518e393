"""Versions in storage that has no rename."""

from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tfx.dsl.io import fileio
from tfx.proto import pusher_pb2
from tfx.types import standard_artifacts
from tfx.utils import proto_utils

from components.pusher.driver import count_lost
from components.pusher.executor import Executor
from components.pusher.params import PUSHED_DESTINATION, PUSHED_VERSION
from components.pusher.publishing import publish
from tests.components.pusher.test_driver import push
from tests.ram_storage import ram_uri, stored, upload

pytestmark = pytest.mark.slow  # TFX takes many seconds to import

FILES = {
    "saved_model.pb": b"graph",
    "variables/variables.index": b"index",
    "assets/saved_model.pb.txt": b"an asset of a similar name",
}


@pytest.fixture
def model(tmp_path: Path) -> str:
    for name, content in FILES.items():
        path = tmp_path / "model" / "Format-Serving" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return upload(tmp_path / "model", f"{ram_uri(tmp_path)}/model")


@pytest.fixture
def base(tmp_path: Path) -> str:
    return f"{ram_uri(tmp_path)}/serving"


def versions(base: str) -> list[int]:
    return sorted({int(name.split("/")[0]) for name in stored(base)})


def test_a_version_is_published_complete(model: str, base: str) -> None:
    target = publish(f"{model}/Format-Serving", base)

    assert target == f"{base}/{versions(base)[0]}"
    assert stored(base) == {f"{versions(base)[0]}/{name}": data for name, data in FILES.items()}


def test_the_graph_comes_when_all_else_is_there(
    model: str, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    copy = fileio.copy

    def spy(source: str, target: str, overwrite: bool = False) -> None:
        if target.endswith("/saved_model.pb"):
            seen.append({name.partition("/")[2] for name in stored(base)})
        copy(source, target, overwrite)

    monkeypatch.setattr(fileio, "copy", spy)
    publish(f"{model}/Format-Serving", base)

    assert seen == [set(FILES) - {"saved_model.pb"}]


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_version_is_above_all_others(model: str, base: str, slash: str) -> None:
    highest = 99_999_999_999
    for name in ("7", str(highest), "not a version"):
        tf.io.gfile.makedirs(f"{base}/{name}")

    assert publish(f"{model}/Format-Serving", base + slash) == f"{base}/{highest + 1}"


def test_two_versions_within_a_second(model: str, base: str) -> None:
    publish(f"{model}/Format-Serving", base)
    publish(f"{model}/Format-Serving", base)

    assert len(versions(base)) == 2


def test_a_stored_model_is_published_on_a_disk(model: str, tmp_path: Path) -> None:
    target = Path(publish(f"{model}/Format-Serving", str(tmp_path / "serving")))

    assert stored(str(target)) == FILES
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_the_executor_pushes_to_storage(model: str, base: str) -> None:
    pushed = run(model, base)

    version = pushed.get_string_custom_property(PUSHED_VERSION)
    assert pushed.get_string_custom_property(PUSHED_DESTINATION) == f"{base}/{version}"
    assert stored(f"{base}/{version}") == stored(pushed.uri) == FILES


def test_a_removed_version_in_storage_is_lost(model: str, base: str) -> None:
    kept, removed = (publish(f"{model}/Format-Serving", base) for _ in range(2))
    tf.io.gfile.rmtree(removed)

    assert count_lost([push("/a", kept), push("/a", removed)], "/a") == 1


def run(model_uri: str, base: str) -> Any:
    """Push a blessed model."""
    model, pushed = standard_artifacts.Model(), standard_artifacts.PushedModel()
    model.uri, pushed.uri = model_uri, f"{base}-pushed"
    blessing, infra = standard_artifacts.ModelBlessing(), standard_artifacts.InfraBlessing()
    for artifact in (blessing, infra):
        artifact.set_int_custom_property("blessed", 1)
    destination = pusher_pb2.PushDestination(
        filesystem=pusher_pb2.PushDestination.Filesystem(base_directory=base)
    )
    Executor().Do(
        {"model": [model], "model_blessing": [blessing], "infra_blessing": [infra]},
        {"pushed_model": [pushed]},
        {"push_destination": proto_utils.proto_to_json(destination)},
    )
    return pushed
