"""The papers of a registered version: written at the end of its run, read by name, put beside."""

import json
from pathlib import Path
from typing import Any

import pytest

from bert_aas.cards.human import CardParams
from bert_aas.contracts.errors import InvalidInputError, UnavailableError
from bert_aas.registry.deploying import Deployer, Order
from bert_aas.registry.registry import Registry
from bert_aas.registry.statuses import APPROVED
from pipeline.cli import main
from pipeline.governance.asked import Asked
from pipeline.governance.models import find_model
from pipeline.governance.paper_files import papers_folder
from pipeline.governance.papers import paper_text, read_papers
from pipeline.governance.run_papers import write_papers_once
from tests.pipeline.governance.test_papers import config
from tests.pipeline.stored_model import register_model, write_model

pytestmark = pytest.mark.slow  # MLflow takes seconds to import and to open

CARD = {"card/model_card.md", "card/model_card.html", "card/bom.cdx.json", "card/recorded.json"}


class Run:
    """A run that has registered its model."""

    def __init__(self, root: Path) -> None:
        self.root, self.pushed = root, write_model(root)
        self.registry: Registry = register_model(root)
        noted = {"model": "reviews", "version": 1, "registry": self.registry.place.url}
        self.summary: dict[str, Any] = {"pushed_model": None, "registered": noted}

    def end(self, owner: str) -> None:
        write_papers_once(config(self.pushed, card=CardParams(owner=owner)), self.summary)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run(tmp_path_factory.mktemp("run"))


@pytest.fixture(autouse=True)
def here(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(run.root)


def a_registry_that_is_away_costs_the_run_nothing(
    run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object) -> None:
        raise UnavailableError("the registry cannot be used now")

    with monkeypatch.context() as patch:
        patch.setattr(Registry, "attach", away)
        run.end("nobody")
    assert "cannot be written" in caplog.text
    assert run.registry.version("reviews").evidence == {}


def the_papers_are_among_its_files_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run.end("me")
    version = run.registry.version("reviews")
    assert set(version.evidence) == CARD
    assert not any(name.startswith("evidence") for name in version.facts)
    with monkeypatch.context() as patch:
        patch.setattr(Registry, "versions", lambda *_: pytest.fail("asked the registry again"))
        run.end("you")
    text = paper_text(Asked("reviews/1"), "markdown")
    assert "- **Owner:** me" in text
    assert "- **Version:** 1" in text
    assert "- **Registered as:** reviews, version 1" in text
    assert "- **Owner:** you" in paper_text(Asked("reviews/1"), "markdown", CardParams(owner="you"))
    bill = json.loads(paper_text(Asked("reviews/1"), "bill"))
    assert bill == json.loads(read_papers(find_model(Asked("reviews/1"))).bill_of_materials())
    assert "**Owner:** me" in paper_text(Asked("reviews/1"), "huggingface")


def what_a_command_deploys_has_them_beside_it(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run.registry.decide("reviews", "1", APPROVED, "bob", "reads well")
    assert "card/model_card.md" in run.registry.version("reviews").decisions[-1].evidence
    place = ("--registry", "output", "--directory", str(tmp_path / "serving"))
    assert main(["models", "deploy", "reviews", "1", *place]) == 0
    (made,) = run.registry.version("reviews").deployments
    beside = Path(papers_folder(made.folder))
    assert {f"card/{file.name}" for file in beside.iterdir()} == CARD
    capsys.readouterr()
    assert main(["models", "card", "reviews", "--registry", "output"]) == 0
    assert capsys.readouterr().out == (beside / "model_card.md").read_text()
    order = Order(str(tmp_path / "other"), "bob")
    folder = Deployer(run.registry, "reviews").deploy("1", order).folder
    asked = Asked(folder, output_dir=str(run.root / "output"))
    assert paper_text(asked, "bill") == (beside / "bom.cdx.json").read_text()


def a_changed_paper_is_refused(run: Run) -> None:
    tracked = run.registry.version("reviews").tracking_run
    file = run.root / "output" / "registry_files" / "reviews" / tracked / "artifacts" / "card"
    (file / "model_card.md").write_text("better")
    with pytest.raises(InvalidInputError, match=r"card/model_card.md of reviews/1 .* was changed"):
        paper_text(Asked("reviews/1"), "markdown")
    assert main(["models", "verify", "reviews", "--registry", "output"]) == 4


def test_the_papers_of_a_registered_version(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    a_registry_that_is_away_costs_the_run_nothing(run, monkeypatch, caplog)
    the_papers_are_among_its_files_once(run, monkeypatch)
    what_a_command_deploys_has_them_beside_it(run, tmp_path, capsys)
    a_changed_paper_is_refused(run)
