from pipeline.report.overview import collect_graph, collect_overview
from tests.pipeline.report.artifacts import compiled_graph, run_summary


def test_nodes_that_the_run_did_not_reach_are_skipped() -> None:
    graph = collect_graph(run_summary("SchemaGen"), compiled_graph())
    states = [node.state for node in graph]
    assert states == ["executed", "executed", "failed"] + ["skipped"] * 5
    assert graph[3].upstream == ("SchemaGen", "StatisticsGen")


def test_a_run_id_of_another_kind_has_no_time() -> None:
    run = {"run_id": "manual__2026", "status": "succeeded"}
    assert collect_overview(run, (), "demo").started is None
