"""The papers of a pushed model whose artifacts are gone: the metadata and the folder remain."""

import json
from pathlib import Path
from typing import Any

import pytest

from bert_aas.cards.human import CardParams
from components.example_gen.params import DataParams
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.governance import papers
from pipeline.governance.asked import Asked
from pipeline.governance.models import find_model
from pipeline.governance.paper_files import papers_folder
from pipeline.governance.papers import read_papers
from pipeline.governance.run_papers import write_papers_once
from tests.pipeline.stored_model import ENCODER, MADE


def config(version: Path, **sections: Any) -> PipelineConfig:
    return PipelineConfig(
        name="reviews",
        output_dir=str(version.parents[1]),
        data=DataParams(path="rows.csv"),
        **sections,
    )


def test_facts_from_the_metadata_and_the_folder(version: Path) -> None:
    found = read_papers(find_model(Asked(str(version)))).model.facts
    assert (found.name, found.version, found.run_id) == ("reviews", "7", MADE)
    assert found.training.encoder == "minilm"
    assert found.training.encoder_sha256 == ENCODER
    assert found.training.teacher == "/models/teacher"
    assert found.data.source == str(version.parents[2] / "rows.csv")
    assert list(found.files) == ["saved_model.pb"]
    assert found.size_bytes == 5
    assert found.code == {"ExampleGen": "c0de"}
    assert found.conditions == ()
    assert [note.partition(" cannot")[0] for note in found.notes] == [
        "Missing here: the output evaluation of Evaluator",
        "Missing here: the output model of Optimizer",
    ]


def test_a_signature_is_no_part_of_the_content(version: Path) -> None:
    before = read_papers(find_model(Asked(str(version)))).model.facts
    (version / "model.sig").write_text("signed")
    assert read_papers(find_model(Asked(str(version)))).model.facts.sha256 == before.sha256
    (version / "other").write_text("more")
    assert read_papers(find_model(Asked(str(version)))).model.facts.sha256 != before.sha256


def test_papers_are_written_beside_the_version_once(version: Path) -> None:
    summary = {"pushed_model": str(version)}
    write_papers_once(config(version, card=CardParams(owner="me")), summary)
    folder = Path(papers_folder(str(version)))
    assert folder == version.parent / "cards" / "7"
    assert {file.name for file in folder.iterdir()} >= {"model_card.md", "model_card.html"}
    assert "- **Owner:** me" in (folder / "model_card.md").read_text()
    later = read_papers(find_model(Asked(str(version)))).bill_of_materials()
    assert (folder / "bom.cdx.json").read_text() == later
    assert sorted(file.name for file in version.iterdir()) == ["saved_model.pb"]
    write_papers_once(config(version, card=CardParams(owner="you")), summary)
    assert "- **Owner:** me" in (folder / "model_card.md").read_text()


def test_what_was_recorded_at_the_push_is_used_later(
    version: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_papers_once(config(version, card=CardParams(owner="me")), {"pushed_model": str(version)})
    monkeypatch.setattr(papers, "environment_here", lambda _: pytest.fail("looked up again"))
    found = find_model(Asked(str(version)))
    assert read_papers(found).human.owner == "me"
    assert read_papers(found).model.facts.environment.packages
    assert read_papers(found, CardParams(owner="you")).human.owner == "you"


def test_a_damaged_record_counts_as_none(version: Path) -> None:
    write_papers_once(config(version), {"pushed_model": str(version)})
    record = Path(papers_folder(str(version)), "recorded.json")
    for content in ("{", "[]", "{}", json.dumps({"human": {"x": 1}, "environment": {}})):
        record.write_text(content)
        found = read_papers(find_model(Asked(str(version))))
        assert "not recorded" in found.model.facts.environment.recorded


def test_a_run_ends_well_without_its_papers(
    version: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (version.parent / "cards").write_text("in the way")
    write_papers_once(config(version), {"pushed_model": str(version)})
    assert "cannot be written" in caplog.text
    write_papers_once(config(version), {"pushed_model": None})
