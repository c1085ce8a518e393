"""The lineage of a pushed model, read from a metadata store."""

import hashlib
import shutil
from pathlib import Path

import pytest

from bert_aas.lineage.graph import INPUT, OUTPUT, Lineage, Thing
from pipeline.governance.asked import Asked
from pipeline.governance.history import lineage_of, read_history
from pipeline.governance.models import find_model
from tests.pipeline.stored_model import ENCODER, MADE


def lineage(version: Path) -> Lineage:
    return lineage_of(read_history(find_model(Asked(str(version)))))


def named(found: Lineage) -> dict[str, tuple[str, str]]:
    return {
        thing.name.partition(" #")[0]: (link.direction, link.association)
        for thing, link in found.rows()
    }


def by_type(found: Lineage, kind: str) -> Thing:
    (thing,) = (thing for thing, _ in found.rows() if thing.type == kind)
    return thing


def test_from_the_raw_file_to_the_deployment(version: Path, tmp_path: Path) -> None:
    assert named(lineage(version)) == {
        str(tmp_path / "rows.csv"): (INPUT, "ContributedTo"),
        "minilm": (INPUT, "ContributedTo"),
        "/models/teacher": (INPUT, "ContributedTo"),
        "ExampleGen/examples": (INPUT, "ContributedTo"),
        "Trainer/model": (INPUT, "DerivedFrom"),
        "Evaluator/evaluation": (OUTPUT, "AssociatedWith"),
        "Evaluator/blessing": (OUTPUT, "AssociatedWith"),
        "Pusher/pushed_model": (OUTPUT, "Produced"),
        str(version): (OUTPUT, "SameAs"),
    }


def test_only_what_did_the_work_is_a_step(version: Path) -> None:
    """Neither what took it from the cache, nor a resolver, nor who judged another model by it."""
    steps = lineage(version).steps
    nodes = ["ExampleGen", "Trainer", "Optimizer", "Evaluator", "Pusher"]
    assert [(step.node, step.run_id) for step in steps] == [(node, MADE) for node in nodes]
    assert steps[0].code == "c0de"


def test_the_hashes_are_those_of_what_was_read(version: Path, tmp_path: Path) -> None:
    found = lineage(version)
    rows = (tmp_path / "rows.csv").read_bytes()
    assert by_type(found, "DataFile").digest == hashlib.sha256(rows).hexdigest()
    assert by_type(found, "Encoder").digest == ENCODER
    assert by_type(found, "Teacher").digest == "f" * 64


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (lambda rows: rows.write_text("text,label\nother,yes\n"), "changed since; the run read"),
        (Path.unlink, "no longer there; the run read content"),
    ],
)
def test_data_that_changed_has_no_hash(version: Path, change: object, note: str) -> None:
    change(version.parents[2] / "rows.csv")  # type: ignore[operator]
    data = by_type(lineage(version), "DataFile")
    assert data.digest == ""
    assert data.note.startswith(note)


def test_a_deployment_that_is_gone_is_said_to_be(version: Path, tmp_path: Path) -> None:
    assert by_type(lineage(version), "Deployment").note == ""
    found = find_model(Asked(str(version)))
    shutil.rmtree(version)
    gone = lineage_of(read_history(found))
    assert by_type(gone, "Deployment").note == "no longer there"


def test_one_direction(version: Path) -> None:
    found = lineage(version)
    up, down = found.facing(up=True, down=False), found.facing(up=False, down=True)
    assert {link.direction for link in up.links} == {INPUT}
    assert [step.node for step in up.steps] == ["ExampleGen", "Trainer", "Optimizer"]
    assert {link.direction for link in down.links} == {OUTPUT}
    assert [step.node for step in down.steps] == ["Evaluator", "Pusher"]
    assert up.model == down.model == found.model
    assert found.facing(up=True, down=True) == found
