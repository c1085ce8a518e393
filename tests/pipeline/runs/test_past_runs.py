"""How past runs ended and what they left, from a store that the test fills itself."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from pipeline.runs import past_runs as module
from pipeline.runs import summary
from pipeline.runs.past_runs import past_runs, runs_with
from tests.pipeline.stored_runs import FAILED, FIRST, OTHER, RUN_IDS, RUNNING, SAME, write_runs


def test_all_runs_newest_first(stored_runs: str) -> None:
    runs = past_runs(stored_runs)
    assert [run.id for run in runs] == list(reversed(RUN_IDS))
    assert {run.id: run.state for run in runs} == {
        FIRST: "succeeded",
        SAME: "succeeded",
        OTHER: "not_blessed",
        FAILED: "failed",
        RUNNING: "unfinished",
    }
    assert {run.pipeline for run in runs} == {"reviews"}


def test_the_newest_and_the_chosen(stored_runs: str) -> None:
    assert [run.id for run in past_runs(stored_runs, last=2)] == [RUNNING, FAILED]
    assert [run.id for run in past_runs(stored_runs, run_ids=[FIRST, OTHER])] == [OTHER, FIRST]


def test_what_a_run_knows(stored_runs: str) -> None:
    (run,) = past_runs(stored_runs, run_ids=[OTHER])
    assert run.parameters["train.epochs"] == 3
    assert run.parameters["data.path"] == "/rows.csv"
    assert run.fingerprints == {"content of the data": "d"}
    assert run.metrics["accuracy"].value == 0.75
    assert run.curve == ((1, 0.5), (2, 0.7))
    assert run.states == {"executed": 4, "cached": 1}
    assert run.notes == ()


def test_pushed_models(stored_runs: str) -> None:
    pushed = {run.id: run.pushed_model for run in past_runs(stored_runs)}
    assert pushed == {FIRST: "/served/7", SAME: "/served/7"} | dict.fromkeys(
        (OTHER, FAILED, RUNNING)
    )


def test_a_model_that_is_not_blessed_decides_before_the_pusher(tmp_path: Path) -> None:
    """Nodes may be run one by one, and an orchestrator may stop there."""
    write_runs(tmp_path)
    (run,) = past_runs(str(tmp_path), run_ids=[OTHER])
    nodes = {name: node for name, node in run.nodes.items() if name != "Pusher"}
    assert module._state(nodes) == "not_blessed"


def test_a_run_that_was_stopped_before_the_last_word(tmp_path: Path) -> None:
    write_runs(tmp_path)
    (run,) = past_runs(str(tmp_path), run_ids=[OTHER])
    evaluator = run.nodes["Evaluator"]
    (blessing,) = evaluator.outputs["blessing"]
    undecided = replace(blessing, properties={**blessing.properties, "compared": "a"})
    outputs = {**evaluator.outputs, "blessing": [undecided]}
    nodes = {"Evaluator": replace(evaluator, outputs=outputs)}
    assert module._state(nodes) == "unfinished"


def test_runs_that_have_an_artifact(stored_runs: str) -> None:
    runs = past_runs(stored_runs)
    first = next(run for run in runs if run.id == FIRST)
    examples, blessing = (
        first.artifact("ExampleGen", "examples"),
        first.artifact("Evaluator", "blessing"),
    )
    assert examples is not None
    assert blessing is not None
    assert runs_with(runs, examples) == runs
    assert [run.id for run in runs_with(runs, blessing)] == [SAME, FIRST]


def test_what_is_gone_or_damaged_becomes_a_note(tmp_path: Path) -> None:
    write_runs(tmp_path)
    shutil.rmtree(tmp_path / FIRST / "evaluation")
    (tmp_path / OTHER / "history.json").write_text("{")
    first, other = past_runs(str(tmp_path), run_ids=[FIRST, OTHER])[::-1]
    assert first.metrics == {}
    (note,) = first.notes
    assert note.startswith("the output of Evaluator (artifact #")
    assert note.endswith(f"is no longer at {tmp_path / FIRST / 'evaluation'}")
    assert other.metrics["accuracy"].value == 0.75
    assert "cannot be read: JSONDecodeError" in other.notes[0]


def test_by_the_address_of_the_metadata(stored_runs: str) -> None:
    runs = past_runs(metadata_url=f"sqlite:///{stored_runs}/metadata.sqlite", last=1)
    assert [run.id for run in runs] == [RUNNING]


def test_unknown_runs_are_refused_with_the_known_ones(stored_runs: str) -> None:
    with pytest.raises(InvalidInputError, match="has no run r9; its runs are running, failed, oth"):
        past_runs(stored_runs, run_ids=[FIRST, "r9"])


def test_a_folder_without_metadata_stays_empty(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="there is no metadata in"):
        past_runs(str(tmp_path))
    with pytest.raises(InvalidInputError, match="there is no metadata in"):
        past_runs(metadata_url=f"sqlite:///{tmp_path}/metadata.sqlite")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", [(None, None), ("a", "sqlite:///b"), (None, "redis://b")])
def test_places_that_are_refused(place: tuple[str | None, str | None]) -> None:
    with pytest.raises(InvalidInputError, match="address of"):
        past_runs(*place)


def test_the_states_are_those_of_the_summary() -> None:
    assert module.SUCCEEDED == summary.SUCCEEDED
    assert module.NOT_BLESSED == summary.NOT_BLESSED
