"""`bert-aas models`: exit codes, sentences, JSON."""

import json
from pathlib import Path
from typing import Any

import pytest

from bert_aas.contracts.signing import FolderVerifier, SignatureError
from bert_aas.registry.places import registry_place
from bert_aas.registry.registry import Registry
from bert_aas.registry.serving_folders import LocalFolders
from bert_aas.traffic.plans.files import read_plan_file
from pipeline.cli import main
from tests.pipeline.commands.shops import Shop
from tests.signing_keys import write_keys

pytestmark = pytest.mark.slow  # MLflow takes seconds to import and to open


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A registry for all tests of this module."""
    return Shop(tmp_path_factory.mktemp("shop"))


def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def a_version_that_waits_is_not_deployed(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert shop.call("deploy", "shop", "1") == 2
    assert "version 1 of shop is PendingManualApproval" in capsys.readouterr().err
    assert not shop.serving.exists()


def versions_are_approved_and_deployed(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    for number in ("1", "2"):
        assert shop.call("approve", "shop", number, "--by", "bob", "--reason", "reads well") == 0
        assert shop.call("deploy", "shop", number, "--by", "cara") == 0
    out = capsys.readouterr().out
    assert "version 1 of shop is Approved by bob: reads well" in out
    assert f"version 2 of shop is served from {shop.serving}/" in out
    assert shop.call("approve", "shop", "2", "--by", "bob", "--reason", "again") == 0
    assert "is Approved already, by bob since 20" in capsys.readouterr().out


def the_list_says_what_is_served(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert shop.call("list", "--json") == 0
    found = printed(capsys)
    assert [(one["version"], one["status"], one["aliases"]) for one in found] == [
        (1, "Approved", []),
        (2, "Approved", ["champion"]),
        (3, "PendingManualApproval", ["challenger"]),
    ]
    assert [len(one["served_from"]) for one in found] == [0, 1, 0]
    assert shop.call("list", "shop") == 0
    assert "champion" in capsys.readouterr().out


def versions_are_shown_and_compared(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert shop.call("show", "shop", "champion", "--json") == 0
    shown = printed(capsys)
    assert (shown["version"], shown["metrics"]) == (2, {"accuracy": 0.9})
    assert [(one["by"], one["from"], one["to"]) for one in shown["decisions"]] == [
        ("ann", None, "PendingManualApproval"),
        ("bob", "PendingManualApproval", "Approved"),
    ]
    assert shop.call("show", "shop", "2") == 0
    assert "reads well" in capsys.readouterr().out
    assert shop.call("compare", "shop", "1", "challenger") == 0
    out = capsys.readouterr().out
    assert "train.epochs" in out
    assert "train.batch_size" not in out
    assert shop.call("compare", "shop", "1") == 2


def a_rollback_and_a_rejection_bring_back_what_was_approved(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop.call("rollback", "shop", "--by", "dan") == 0
    assert shop.call("deploy", "shop", "2") == 0
    assert shop.call("reject", "shop", "2", "--by", "eve", "--reason", "it is rude") == 0
    out = capsys.readouterr().out
    assert "version 2 of shop is Rejected by eve: it is rude" in out
    newest = max(shop.serving.iterdir(), key=lambda path: int(path.name))
    assert f"version 1 of shop is served from {newest} since" in out
    assert (newest / "saved_model.pb").read_text() == "1"


def a_version_is_exported_with_its_log(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop.call("export", "shop", "1", "--output", str(tmp_path / "out")) == 0
    assert (tmp_path / "out" / "model" / "saved_model.pb").read_text() == "1"
    told = json.loads((tmp_path / "out" / "version.json").read_text())
    assert (told["status"], len(told["deployments"])) == ("Approved", 3)
    assert shop.call("export", "shop", "1", "--output", str(tmp_path / "out")) == 2
    assert "is there already" in capsys.readouterr().err


def changes_are_found(shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the model, in its files, and in what is served."""
    keys = write_keys(tmp_path)
    assert shop.call("verify", "shop", "1") == 0
    assert capsys.readouterr().out.count("as registered") == 3
    assert shop.call("verify", "shop", "1", "--key", str(keys.public)) == 4
    assert "shop/1: 1 of 4 checks failed" in capsys.readouterr().err
    newest = max(shop.serving.iterdir(), key=lambda path: int(path.name))
    run = Registry(registry_place(shop.place)).version("shop", "1").tracking_run
    files = Path(shop.place, "registry_files", "shop", run, "artifacts", "evaluation")
    model = Path(shop.place, "shop", "1", "saved_model.pb")
    for changed in (newest / "saved_model.pb", model, files / "evaluation.json"):
        before = changed.read_text()
        changed.write_text("changed")
        assert shop.call("verify", "shop", "1") == 4
        changed.write_text(before)
    assert shop.call("verify", "shop", "2") == 0
    capsys.readouterr()


def test_the_way_of_a_model(shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_version_that_waits_is_not_deployed(shop, capsys)
    versions_are_approved_and_deployed(shop, capsys)
    the_list_says_what_is_served(shop, capsys)
    versions_are_shown_and_compared(shop, capsys)
    a_rollback_and_a_rejection_bring_back_what_was_approved(shop, capsys)
    a_version_is_exported_with_its_log(shop, tmp_path, capsys)
    changes_are_found(shop, tmp_path, capsys)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("show", "shop", "9"), "shop has no version 9; its versions are 1, 2, 3"),
        (("show", "stop"), "the registry has no model stop"),
        (("approve", "shop", "3", "--by", " ", "--reason", "x"), "--by is empty"),
        (("deploy", "shop", "1", "--directory", "gs://b/c"), "gs://b/c is not on this machine"),
    ],
)
def test_bad_input_is_refused(
    shop: Shop, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    assert shop.call(*arguments) == 2
    assert sentence in capsys.readouterr().err


def test_what_is_deployed_is_signed_on_request(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop, keys = Shop(tmp_path), write_keys(tmp_path)
    verifier = FolderVerifier(keys.public)

    def served() -> Path:
        return max(shop.serving.iterdir(), key=lambda path: int(path.name))

    for number in ("1", "2"):
        assert shop.call("approve", "shop", number, "--by", "bob", "--reason", "well") == 0
    assert shop.call("deploy", "shop", "1") == 0
    with pytest.raises(SignatureError):
        verifier.verify(served())
    assert shop.call("deploy", "shop", "2", "--sign-key", str(keys.public)) == 2
    assert "key" in capsys.readouterr().err
    assert [int(path.name) for path in shop.serving.iterdir()] == [int(served().name)]
    for call in (
        ("deploy", "shop", "2"),
        ("rollback", "shop"),
        ("reject", "shop", "1", "--by", "bob", "--reason", "rude"),
    ):
        assert shop.call(*call, "--sign-key", str(keys.private)) == 0
        verifier.verify(served())
    assert (served() / "saved_model.pb").read_text() == "2"


def test_a_version_is_deployed_by_a_plan_of_traffic(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, file = Shop(tmp_path), tmp_path / "traffic.json"
    monkeypatch.chdir(tmp_path)
    by_plan = ("--strategy", "canary", "--bake", "1h", "--served-as", "bert", "--by", "cara")

    def numbers() -> list[int]:
        return sorted(int(path.name) for path in shop.serving.iterdir())

    for number in ("1", "2"):
        assert shop.call("approve", "shop", number, "--by", "bob", "--reason", "well") == 0
    assert shop.call("deploy", "shop", "1", *by_plan) == 2
    assert "holds no version that a new one could be compared with" in capsys.readouterr().err
    assert not file.exists()

    assert shop.call("deploy", "shop", "1") == 0
    assert "traffic clear" not in capsys.readouterr().out
    assert shop.call("deploy", "shop", "3", *by_plan) == 2  # not approved
    assert read_plan_file(file) == {}

    pins = watch_publishing(monkeypatch, file)
    assert shop.call("deploy", "shop", "2", *by_plan) == 0
    plan = read_plan_file(file)["bert"]
    first, second = numbers()
    assert pins == [{"bert": (first,)}]  # before the version appeared, the first one was pinned
    assert ([arm.version for arm in plan.arms], plan.ending) == ([first, second], None)
    assert f"bert runs as canary: version {second} against {first}" in capsys.readouterr().out
    assert shop.call("deploy", "shop", "2", *by_plan) == 2
    assert "the plan of bert in traffic.json still runs" in capsys.readouterr().err

    assert main(["traffic", "start", "shop", "--strategy", "ab", "--candidate", "champion",
                 "--champion", "7", "--registry", shop.place]) == 0  # fmt: skip
    assert [arm.version for arm in read_plan_file(file)["shop"].arms] == [7, second]
    assert shop.call("deploy", "shop", "1") == 0
    assert "`bert-aas traffic clear shop` lets the newest one answer" in capsys.readouterr().out


def watch_publishing(
    monkeypatch: pytest.MonkeyPatch, file: Path
) -> list[dict[str, tuple[int | str, ...]]]:
    """Return what the plan file says whenever a version is about to appear, by model."""
    seen: list[dict[str, tuple[int | str, ...]]] = []
    publish = LocalFolders.publish

    def watched(self: LocalFolders, source: Path, directory: str) -> str:
        plans = read_plan_file(file)
        seen.append({name: tuple(arm.version for arm in one.arms) for name, one in plans.items()})
        return publish(self, source, directory)

    monkeypatch.setattr(LocalFolders, "publish", watched)
    return seen


def test_a_folder_without_a_registry_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["models", "list", "--registry", str(tmp_path)]) == 2
    assert f"there is no registry in {tmp_path}" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        (tmp_path / "output" / name).mkdir(parents=True)
        (tmp_path / "output" / name / "registry.db").touch()
    assert main(["models", "list"]) == 2
    assert "several registries, in output/a, output/b" in capsys.readouterr().err
