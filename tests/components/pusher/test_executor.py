"""A version appears complete, or not at all."""

import fcntl
import json
from pathlib import Path
from typing import Any

import pytest
from tfx.proto import pusher_pb2
from tfx.types import standard_artifacts
from tfx.utils import proto_utils

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.version_folders import STAGING
from bert_aas.contracts.signing import FolderSigner, FolderVerifier
from components.pusher.executor import Executor
from components.pusher.params import PUSHED_DESTINATION, PUSHED_MODEL_URI, PUSHED_VERSION
from tests.signing_keys import write_keys

pytestmark = pytest.mark.slow  # TFX takes many seconds to import

FILES = {
    "saved_model.pb": b"graph",
    "variables/variables.index": b"index",
    "assets/vocab.txt": b"the\nand\n",
}


class Push:
    """A model to push, and the folder to push to."""

    def __init__(self, folder: Path) -> None:
        self.base = folder / "serving" / "model"
        self.model = standard_artifacts.Model()
        self.model.uri = str(folder / "model")
        for name, content in FILES.items():
            path = folder / "model" / "Format-Serving" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        self._folder = folder
        self.sign_key: Path | None = None

    def run(self, *, blessed: bool = True, infra_blessed: bool = True) -> Any:
        pushed = standard_artifacts.PushedModel()
        pushed.uri = str(self._folder / "pushed")
        blessing = standard_artifacts.ModelBlessing()
        blessing.set_int_custom_property("blessed", int(blessed))
        infra = standard_artifacts.InfraBlessing()
        infra.set_int_custom_property("blessed", int(infra_blessed))
        infra.set_string_custom_property("blessing_status", "")
        destination = pusher_pb2.PushDestination(
            filesystem=pusher_pb2.PushDestination.Filesystem(base_directory=str(self.base))
        )
        Executor().Do(
            {"model": [self.model], "model_blessing": [blessing], "infra_blessing": [infra]},
            {"pushed_model": [pushed]},
            {
                "push_destination": proto_utils.proto_to_json(destination),
                "custom_config": json.dumps(self._custom_config()),
            },
        )
        return pushed

    def _custom_config(self) -> dict[str, str] | None:
        return {"sign_key": str(self.sign_key)} if self.sign_key else None

    def versions(self) -> list[str]:
        return sorted(path.name for path in self.base.iterdir())


@pytest.fixture
def push(tmp_path: Path) -> Push:
    return Push(tmp_path)


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_a_blessed_model_is_pushed_complete(push: Push) -> None:
    pushed = push.run()
    (version,) = push.versions()
    assert contents(push.base / version) == FILES
    assert contents(Path(pushed.uri)) == FILES
    assert pushed.get_int_custom_property("pushed") == 1
    assert pushed.get_string_custom_property(PUSHED_DESTINATION) == str(push.base / version)
    assert pushed.get_string_custom_property(PUSHED_VERSION) == version
    assert pushed.get_string_custom_property(PUSHED_MODEL_URI) == push.model.uri


@pytest.mark.parametrize(
    "verdict", [{"blessed": False}, {"infra_blessed": False}], ids=["metrics", "server"]
)
def test_a_model_that_is_not_blessed_is_not_pushed(push: Push, verdict: dict[str, bool]) -> None:
    push.run()
    before = contents(push.base)
    pushed = push.run(**verdict)
    assert contents(push.base) == before
    assert pushed.get_int_custom_property("pushed") == 0
    assert not pushed.get_string_custom_property(PUSHED_DESTINATION)


def test_nothing_is_made_where_nothing_was_pushed_before(push: Push) -> None:
    push.run(blessed=False)
    assert not push.base.exists()


def test_the_folder_appears_only_when_complete(push: Push, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    rename = Path.rename

    def spy(source: Path, target: Path) -> Path:
        seen.append((contents(source), [name for name in push.versions() if name.isdecimal()]))
        assert source.parent.parent == push.base
        assert source.parent.name.startswith(STAGING)
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", spy)
    push.run()
    assert seen == [(FILES, [])]


def test_what_a_killed_push_left_is_removed(push: Push) -> None:
    leftover = push.base / f"{STAGING}killed"
    (leftover / "model").mkdir(parents=True)
    (leftover / "lock").touch()
    push.run()
    (version,) = push.versions()
    assert contents(push.base / version) == FILES


def test_a_push_at_work_is_left_alone(push: Push) -> None:
    other = push.base / f"{STAGING}other"
    (other / "model").mkdir(parents=True)
    with (other / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        push.run()
        assert (other / "model").is_dir()


def test_a_number_that_another_push_takes_meanwhile_is_passed_over(
    push: Push, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename
    taken: list[Path] = []

    def too_late(source: Path, target: Path) -> Path:
        if not taken:
            taken.append(target)
            (target / "their model").mkdir(parents=True)
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", too_late)
    pushed = push.run()
    assert int(pushed.get_string_custom_property(PUSHED_VERSION)) == int(taken[0].name) + 1
    assert [path.name for path in taken[0].iterdir()] == ["their model"]


def test_the_version_is_above_all_others_by_number(push: Push) -> None:
    highest = 99_999_999_999
    for name in ("7", str(highest), "not a version"):
        (push.base / name).mkdir(parents=True)
    pushed = push.run()
    target = push.base / str(highest + 1)
    assert contents(target) == FILES
    assert pushed.get_string_custom_property(PUSHED_VERSION) == target.name
    assert pushed.get_string_custom_property(PUSHED_DESTINATION) == str(target)


def test_two_pushes_within_a_second_make_two_versions(push: Push) -> None:
    push.run()
    push.run()
    assert len(push.versions()) == 2


def test_a_version_appears_signed(
    push: Push, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = write_keys(tmp_path)
    seen: list[list[str]] = []
    sign = FolderSigner.sign

    def watched(signer: FolderSigner, folder: Path) -> None:
        seen.append([name for name in push.versions() if name.isdecimal()])
        sign(signer, folder)

    monkeypatch.setattr(FolderSigner, "sign", watched)
    push.sign_key = keys.private
    push.run()
    (version,) = push.versions()
    assert seen == [[]]  # signed before there was a version
    assert contents(push.base / version).keys() == {*FILES, "model.sig"}
    FolderVerifier(keys.public).verify(push.base / version)


def test_nothing_is_pushed_if_it_cannot_be_signed(push: Push, tmp_path: Path) -> None:
    push.sign_key = tmp_path / "absent.pem"
    with pytest.raises(InvalidInputError, match="cannot be read: No such file"):
        push.run()
    assert not push.base.exists()
