"""Versions are put into serving folders, and taken back."""

from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.registry.deploying import Deployer, Order
from bert_aas.registry.registry import Registry
from bert_aas.registry.serving_folders import LocalFolders
from bert_aas.registry.statuses import APPROVED, REJECTED
from tests.bert_aas.registry.registries import candidate

pytestmark = pytest.mark.slow  # MLflow takes seconds to import and to open


class Site:
    """A model with versions, and a serving folder."""

    def __init__(self, registry: Registry, model: str, serving: Path) -> None:
        self.registry, self.model, self.serving = registry, model, serving
        self.deployer = Deployer(registry, model)

    def add(self, content: str, *, approved: bool = True) -> str:
        made = self.registry.register(candidate(self.serving.parent, self.model, content))
        if approved:
            self.registry.decide(self.model, str(made.number), APPROVED, "bob", "reads well")
        return str(made.number)

    def order(self, by: str = "cara") -> Order:
        return Order(str(self.serving), by, "the shop wants it")

    def served(self) -> list[str]:
        """What the versions in the folder hold, the newest last."""
        if not self.serving.is_dir():
            return []
        folders = sorted(
            (path for path in self.serving.iterdir() if path.name.isdecimal()),
            key=lambda path: int(path.name),
        )
        return [(folder / "saved_model.pb").read_text() for folder in folders]


@pytest.fixture
def site(registry: Registry, model: str, serving: Path) -> Site:
    return Site(registry, model, serving)


def test_an_approved_version_is_deployed_and_the_champion(site: Site) -> None:
    made = site.deployer.deploy(site.add("one"), site.order())
    assert site.served() == ["one"]
    assert (made.by, made.reason, made.cause) == ("cara", "the shop wants it", "deploy")
    assert Path(made.folder) == site.serving / str(made.number)
    assert site.registry.store.aliases(site.model) == {"champion": 1}


def test_what_is_served_already_is_left_alone(site: Site) -> None:
    first = site.deployer.deploy(site.add("one"), site.order())
    assert site.deployer.deploy("1", site.order("dan")) == first
    assert site.served() == ["one"]


def test_a_version_whose_folder_was_removed_is_deployed_again(site: Site) -> None:
    first = site.deployer.deploy(site.add("one"), site.order())
    (Path(first.folder) / "saved_model.pb").unlink()
    Path(first.folder).rmdir()
    assert site.deployer.deploy("1", site.order()).number >= first.number
    assert site.served() == ["one"]


def test_a_version_that_waits_for_approval_is_not_deployed(site: Site) -> None:
    site.add("one", approved=False)
    with pytest.raises(InvalidInputError, match="is PendingManualApproval, so it is not deployed"):
        site.deployer.deploy("1", site.order())
    assert site.served() == []
    assert site.deployer.deploy("1", site.order(), approved=False).version == 1


def test_a_rejected_version_is_never_deployed(site: Site) -> None:
    number = site.add("one")
    site.registry.decide(site.model, number, REJECTED, "eve", "it is rude")
    with pytest.raises(InvalidInputError, match=r"is Rejected \(eve: it is rude\)"):
        site.deployer.deploy(number, site.order(), approved=False)
    assert site.served() == []


def test_a_changed_model_is_not_deployed(site: Site) -> None:
    site.deployer.deploy(site.add("one"), site.order())
    number = site.add("two")
    changed = site.serving.parent / site.model / "two" / "saved_model.pb"
    changed.write_text("twO")
    with pytest.raises(InvalidInputError, match="was changed after it was registered"):
        site.deployer.deploy(number, site.order())
    changed.unlink()
    changed.parent.rmdir()
    with pytest.raises(InvalidInputError, match=r"cannot be read at .*: No such folder"):
        site.deployer.deploy(number, site.order())
    assert site.served() == ["one"]


def test_rollback_puts_the_version_before_back(site: Site) -> None:
    for content in ("one", "two"):
        site.deployer.deploy(site.add(content), site.order())
    assert site.registry.store.aliases(site.model) == {"champion": 2}
    back = site.deployer.roll_back(site.order("dan"))
    assert (back.version, back.cause, back.by) == (1, "rollback", "dan")
    assert site.served() == ["one", "two", "one"]
    assert site.registry.store.aliases(site.model) == {"champion": 1, "challenger": 2}


def test_nothing_before_cannot_be_put_back(site: Site) -> None:
    site.deployer.deploy(site.add("one"), site.order())
    with pytest.raises(InvalidInputError, match=r"was served from .* before"):
        site.deployer.roll_back(site.order())
    assert site.served() == ["one"]


def test_a_rejected_version_is_replaced_by_the_latest_approved_one(site: Site) -> None:
    for content in ("one", "two", "three"):
        site.deployer.deploy(site.add(content), site.order())
    site.registry.decide(site.model, "2", REJECTED, "eve", "")
    site.registry.decide(site.model, "3", REJECTED, "eve", "it is rude")
    (made,) = site.deployer.take_out(3, "eve", "it is rude")
    assert not isinstance(made, str)
    assert (made.version, made.cause) == (1, "rejection")
    assert site.served()[-1] == "one"
    assert site.deployer.take_out(3, "eve", "it is rude") == []


def test_a_rejected_version_stays_where_no_other_is_approved(site: Site) -> None:
    site.deployer.deploy(site.add("one"), site.order())
    site.registry.decide(site.model, "1", REJECTED, "eve", "it is rude")
    assert site.deployer.take_out(1, "eve", "it is rude") == [str(site.serving)]
    assert site.served() == ["one"]


class Killed(BaseException):
    """Stands for the end of a process."""


def test_what_was_published_and_not_recorded_is_recorded_as_it_was_begun(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = site.add("one")

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Deployer, "_record", killed)
        with pytest.raises(Killed):
            site.deployer.deploy(number, site.order())
    (version,) = Deployer(site.registry, site.model).settled()
    (made,) = version.deployments
    assert (made.by, made.reason) == ("cara", "the shop wants it")
    assert (site.served(), version.intents) == (["one"], ())
    assert site.deployer.deploy(number, site.order("dan")) == made


def test_nothing_is_recorded_of_what_was_not_published(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = site.add("one")

    def full(*_: object) -> str:
        raise InvalidInputError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(LocalFolders, "publish", full)
        with pytest.raises(InvalidInputError, match="the disk is full"):
            site.deployer.deploy(number, site.order())
    version = site.registry.version(site.model)
    assert (version.deployments, version.intents) == ((), ())
