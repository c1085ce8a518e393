"""A registered version is found with its run, by its name or by where a command deployed it."""

import shutil
from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.lineage.graph import Thing
from bert_aas.registry.deploying import Deployer, Order
from bert_aas.registry.deployments import Deployment
from bert_aas.registry.registry import Registry
from bert_aas.registry.statuses import APPROVED
from pipeline.governance.asked import Asked
from pipeline.governance.history import lineage_of, read_history
from pipeline.governance.models import FoundModel, find_model
from pipeline.governance.papers import read_papers
from tests.pipeline.stored_model import MADE, register_model, write_model

pytestmark = pytest.mark.slow  # MLflow takes seconds to import and to open


class Site:
    """A model whose run registered it, and which a command has deployed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.pushed = write_model(root)
        self.registry: Registry = register_model(root)
        self.registry.decide("reviews", "1", APPROVED, "bob", "reads well")
        order = Order(str(self.pushed.parent), "cara", "the shop wants it")
        self.deployed: Deployment = Deployer(self.registry, "reviews").deploy("1", order)

    def find(self, model: str, **asked: str) -> FoundModel:
        return find_model(Asked(model, **asked))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("registered"))


@pytest.fixture(autouse=True)
def here(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(site.root)


@pytest.mark.parametrize("name", ["reviews", "reviews/1", "reviews@champion", "models:/reviews/1"])
def test_a_version_is_found_by_its_name(site: Site, name: str) -> None:
    found = site.find(name)
    assert found.folder == str(site.root / "optimized" / "Format-Serving")
    assert (found.number, found.place) == ("1", str(site.root / "output"))
    assert found.registered is not None
    assert found.registered.deployed_here() == site.deployed


def test_a_folder_and_a_run_go_before_a_name(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert site.find(MADE).folder == str(site.pushed)
    shutil.copytree(site.pushed, site.root / "elsewhere" / "reviews" / "1")
    monkeypatch.chdir(site.root / "elsewhere")
    with pytest.raises(
        InvalidInputError, match=r"no run pushed the model in .*elsewhere/reviews/1"
    ):
        site.find("reviews/1", output_dir=str(site.root / "output"))
    found = site.find("models:/reviews/1", output_dir=str(site.root / "output"))
    assert found.registered is not None


def test_what_a_command_deployed_is_found_by_its_folder(site: Site) -> None:
    for folder in (site.deployed.folder, str(site.pushed.parent)):
        found = site.find(folder)
        assert (found.folder, found.number) == (site.deployed.folder, "1")


def test_a_registry_with_another_address_here_is_found_by_the_run(
    site: Site, tmp_path: Path
) -> None:
    shutil.copy(site.root / "output" / "registry.db", tmp_path)
    assert site.find("reviews/1", registry=str(tmp_path)).made_id == site.find("reviews/1").made_id


def test_a_version_of_no_run_here_is_refused(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_model(tmp_path)
    with pytest.raises(InvalidInputError, match="no run registered reviews/1: looked in"):
        site.find("reviews/1", registry="output", output_dir=str(tmp_path / "output"))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("reviews/9", "neither a folder nor a run in output/, nor .* reviews has no version 9"),
        ("revues", "revues is neither .* the registry has no model revues"),
        ("models:/revues", "^the registry has no model revues"),
    ],
)
def test_an_unknown_name_is_refused(site: Site, name: str, sentence: str) -> None:
    with pytest.raises(InvalidInputError, match=sentence):
        site.find(name)


def test_the_facts_of_a_version(site: Site) -> None:
    facts = read_papers(site.find("reviews/1")).model.facts
    assert (facts.version, facts.registered, facts.is_pushed) == ("1", "reviews, version 1", False)
    assert facts.run_id == MADE
    assert facts.sha256 == site.registry.version("reviews").content
    assert list(facts.files) == ["saved_model.pb"]


def test_the_lineage_shows_what_commands_deployed(site: Site, tmp_path: Path) -> None:
    for directory in (tmp_path / "one", tmp_path / "one", tmp_path / "two"):
        order = Order(str(directory), "dan", "a trial", "deploy", None)
        made = Deployer(site.registry, "reviews").deploy("1", order)
    shutil.rmtree(made.folder)
    found = lineage_of(read_history(site.find("reviews/1")))
    served = [thing for thing, _ in found.rows() if thing.type == "Deployment"]
    assert [thing.details.get("by") for thing in served] == [None, "cara", "dan", "dan"]
    assert served[0].uri == str(site.pushed)
    since = site.deployed.at[:19].replace("T", " ")
    assert served[1].note == f"served since {since}, by cara"
    assert served[3].note.endswith("; no longer there")
    steps = [step for step in found.steps if step.node == "deployment"]
    assert [(step.reads, step.ended) for step in steps] == [((found.subject,), None)] * 3
    assert steps[1].details == {"by": "dan", "cause": "deploy", "reason": "a trial"}
    (noted,) = _noted(site)
    assert noted.note == "reviews, version 1, Approved"


def test_the_lineage_goes_without_a_registry_that_is_gone(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = site.root / "output" / "registry.db"
    database.rename(database.with_suffix(".aside"))
    try:
        (noted,) = _noted(site, str(site.pushed))
    finally:
        database.with_suffix(".aside").rename(database)
    assert noted.note.endswith("registry.db is no longer there")


def _noted(site: Site, model: str = "reviews/1") -> list[Thing]:
    found = lineage_of(read_history(site.find(model)))
    return [thing for thing, _ in found.rows() if thing.name.startswith("Registrar/")]
