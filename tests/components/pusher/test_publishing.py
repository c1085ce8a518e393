"""Versions in storage that has no rename."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tfx.dsl.io import fileio
from tfx.proto import pusher_pb2
from tfx.types import standard_artifacts
from tfx.utils import proto_utils

from components.pusher.claims import FOLDER, claimed_version
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
            files = (name for name in stored(base) if not name.startswith(FOLDER))
            seen.append({name.partition("/")[2] for name in files})
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


def test_two_pushes_at_once(model: str, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1_800_000_000.5)
    with claimed_version(base) as first, claimed_version(base) as second:
        assert (first, second) == (1_800_000_000, 1_800_000_001)

    with ThreadPoolExecutor(8) as pool:
        pushed = list(pool.map(lambda _: publish(f"{model}/Format-Serving", base), range(8)))

    assert len(set(pushed)) == 8
    assert len(versions(base)) == 8
    for target in pushed:
        assert stored(target) == FILES


def test_who_claims_a_number_that_another_has_claimed_takes_a_higher_one(
    base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: 1_800_000_000.5)
    write = fileio.open
    interrupted: list[str] = []

    def meet(path: str, mode: str = "r") -> Any:
        if mode == "w" and not interrupted:  # the other writes its claim after both have looked
            interrupted.append(path)
            with write(f"{base}/{FOLDER}/1800000000-other", "w") as file:
                file.write("other")
        return write(path, mode)

    monkeypatch.setattr(fileio, "open", meet)
    with claimed_version(base) as version:
        assert version > 1_800_000_000
    assert list(stored(base)) == [f"{FOLDER}/1800000000-other"]


def test_a_number_that_was_used_between_looking_and_claiming_is_not_used_twice(
    base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: 1_800_000_000.5)
    write = fileio.open

    def late(path: str, mode: str = "r") -> Any:
        tf.io.gfile.makedirs(f"{base}/1800000000")  # pushed whole, its claim given back
        return write(path, mode)

    monkeypatch.setattr(fileio, "open", late)
    with claimed_version(base) as version:
        assert version > 1_800_000_000


def test_claims_of_killed_pushes_go_after_a_day(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1_800_000_000.5)
    for number in (1_799_000_000, 1_799_999_000):
        tf.io.gfile.makedirs(f"{base}/{FOLDER}")
        with tf.io.gfile.GFile(f"{base}/{FOLDER}/{number}-killed", "w") as file:
            file.write("killed")
    with claimed_version(base):
        pass
    assert list(stored(base)) == [f"{FOLDER}/1799999000-killed"]


def test_a_push_that_fails_gives_its_claim_back(
    model: str, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError("the connection was lost")

    monkeypatch.setattr("tfx.utils.io_utils.copy_dir", fail)
    with pytest.raises(OSError, match="connection"):
        publish(f"{model}/Format-Serving", base)
    assert stored(base) == {}


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


def test_a_seal_is_part_of_the_version(model: str, base: str) -> None:
    seen: list[int] = []

    def seal(folder: Path) -> None:
        seen.extend(versions(base))
        (folder / "seal").write_bytes(b"sealed")

    publish(f"{model}/Format-Serving", base, seal)

    (version,) = versions(base)
    assert seen == []
    assert stored(base) == {f"{version}/{name}": data for name, data in FILES.items()} | {
        f"{version}/seal": b"sealed"
    }
