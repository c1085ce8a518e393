"""Runs side by side: what differs, what is shared, where they part."""

import dataclasses

import pytest

from bert_aas.contracts.errors import InvalidInputError
from pipeline.metadata.estimates import Estimate
from pipeline.runs.comparison import Comparison, compare
from pipeline.runs.past_runs import PastRun
from tests.pipeline.stored_runs import FIRST, OTHER, RUN_IDS


def test_runs_are_put_oldest_first(comparison: Comparison) -> None:
    assert [run.id for run in comparison.runs] == list(RUN_IDS)
    assert comparison.labels == ("A", "B", "C", "D", "E")
    assert comparison.baseline == 0


def test_parameters_that_differ_and_others(comparison: Comparison) -> None:
    assert {row.name: row.values for row in comparison.differing} == {
        "train.epochs": (1, 1, 3, 1, 1)
    }
    equal = {row.name: row.values for row in comparison.equal}
    assert equal["train.seed"] == (1,) * 5
    assert equal["content of the data"] == ("d",) * 5


def test_a_run_that_tells_nothing_does_not_differ(runs: list[PastRun]) -> None:
    first, other = runs[-1], runs[-3]
    silent = dataclasses.replace(other, parameters={}, fingerprints={})
    assert compare([first, silent]).differing == ()


def test_metrics_with_the_difference_to_the_baseline(runs: list[PastRun]) -> None:
    first, other = runs[-1], runs[-3]
    better = dataclasses.replace(other, metrics={"accuracy": Estimate(0.875)})
    (row,) = compare([better, first]).metrics
    assert row.name == "accuracy"
    assert row.differences == (0.0, 0.125)
    (row,) = compare([better, first], baseline=OTHER).metrics
    assert row.differences == (-0.125, 0.0)


def test_a_run_without_metrics_has_no_difference(comparison: Comparison) -> None:
    (row,) = comparison.metrics
    assert row.estimates[3:] == (None, None)
    assert row.differences == (0.0, 0.0, 0.0, None, None)


def test_each_cell_names_the_run_that_had_its_artifacts_first(comparison: Comparison) -> None:
    lineage = {row.node_id: row.cells for row in comparison.lineage}
    assert list(lineage) == ["ExampleGen", "Trainer", "Resolver", "Evaluator", "Pusher"]
    assert [cell.first for cell in lineage["ExampleGen"]] == [0, 0, 0, 0, 0]
    assert [cell.first for cell in lineage["Trainer"]] == [0, 0, 2, None, None]
    assert [cell.state for cell in lineage["Trainer"]][1:] == [
        "cached",
        "executed",
        "failed",
        "unfinished",
    ]
    assert [cell.first for cell in lineage["Resolver"]] == [None, None, 0, None, None]
    assert lineage["Resolver"][2].ids == lineage["Trainer"][0].ids[:1]
    assert lineage["Pusher"][4].state == "skipped"


def test_where_the_runs_part(comparison: Comparison) -> None:
    assert comparison.partings == (
        "made no artifact of its own: all its artifacts are A's.",
        "shares ExampleGen with A and differs from it from Trainer on.",
        "shares ExampleGen with A and stops at Trainer.",
        "shares ExampleGen with A and stops at Trainer.",
    )


def test_nodes_without_a_gap_are_named_by_the_last(runs: list[PastRun]) -> None:
    """The other run with the first one's training: it parts at the Evaluator."""
    first, other = runs[-1], runs[-3]
    nodes = {**other.nodes, "Trainer": first.nodes["Trainer"]}
    comparison = compare([first, dataclasses.replace(other, nodes=nodes)])
    assert comparison.partings == (
        "shares everything up to Trainer with A and differs from it from Evaluator on.",
    )
    nodes |= {"Pusher": first.nodes["Pusher"]}
    comparison = compare([first, dataclasses.replace(other, nodes=nodes)])
    assert comparison.partings == (
        "shares everything up to Trainer, and Pusher, with A and differs from it from "
        "Evaluator on.",
    )


def test_notes(runs: list[PastRun]) -> None:
    first, other = runs[-1], runs[-3]
    assert compare([first, other]).notes == ()
    (examples,) = other.nodes["ExampleGen"].outputs["examples"]
    others = {"examples": [dataclasses.replace(examples, id=examples.id + 1000)]}
    made = dataclasses.replace(other.nodes["ExampleGen"], outputs=others)
    nodes = {**other.nodes, "ExampleGen": made}
    strange = dataclasses.replace(other, nodes=nodes, notes=("it is gone",))
    different, gone = compare([first, strange]).notes
    assert "measured on different rows" in different
    assert gone == "B: it is gone"


def test_what_is_refused(runs: list[PastRun]) -> None:
    with pytest.raises(InvalidInputError, match="2 to 8 runs can be compared, not 1"):
        compare(runs[:1])
    with pytest.raises(InvalidInputError, match="not 10"):
        compare(runs * 2)
    with pytest.raises(
        InvalidInputError, match=f"baseline {FIRST} is not one of the runs failed, ru"
    ):
        compare(runs[:2], baseline=FIRST)
