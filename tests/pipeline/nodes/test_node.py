"""Compiled graphs: written, read, refused; and nodes that run from them."""

from pathlib import Path
from typing import Any

import pytest
from tfx import types
from tfx.dsl.component.experimental.annotations import OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.dsl.components.common.resolver import Resolver
from tfx.orchestration.pipeline import Pipeline
from tfx.types import standard_artifacts
from tfx.v1.dsl.experimental import LatestArtifactStrategy

from bert_aas.contracts.errors import InvalidInputError
from pipeline.config.layout import OutputLayout
from pipeline.graph.compiling import compile_pipeline
from pipeline.metadata.records import node_attempts, read_run
from pipeline.metadata.store import connection_config
from pipeline.nodes.node import edges, node_ids, run_node

pytestmark = pytest.mark.slow  # TFX takes many seconds to import


@component
def Greeter(  # noqa: N802 - components are named like classes
    greeting: OutputArtifact[standard_artifacts.Model], text: Parameter[str]
) -> None:
    if text == "fail":
        raise RuntimeError("no greeting today")
    if text == "stop":
        raise KeyboardInterrupt
    left = [path.name for path in Path(greeting.uri).iterdir()]
    greeting.set_string_custom_property("left", ", ".join(left))
    (Path(greeting.uri) / "text").write_text(text)
    greeting.set_string_custom_property("text", text)


def graph(folder: Path, text: str = "hello") -> Any:
    layout = OutputLayout(str(folder))
    greeter = Greeter(text=text)
    resolver = Resolver(
        strategy_class=LatestArtifactStrategy,
        greeting=types.Channel(type=standard_artifacts.Model),
    ).with_id("Resolver")
    resolver.add_upstream_node(greeter)
    return compile_pipeline(
        Pipeline(
            pipeline_name="greetings",
            pipeline_root=layout.artifacts,
            components=[greeter, resolver],
            enable_cache=True,
            metadata_connection_config=connection_config(None, layout),
        )
    )


def test_nodes_and_edges(tmp_path: Path) -> None:
    ir = graph(tmp_path)
    assert node_ids(ir) == ["Greeter", "Resolver"]
    assert edges(ir) == [("Greeter", "Resolver")]


def test_an_unknown_node_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as refused:
        run_node(graph(tmp_path), "Trainer", "r1")
    assert str(refused.value) == "the graph has no node 'Trainer'; its nodes are Greeter, Resolver"


def test_a_node_runs_and_is_cached_in_the_next_run(tmp_path: Path) -> None:
    ir = graph(tmp_path)
    before = ir.SerializeToString(deterministic=True)
    first = [run_node(ir, name, "r1").state for name in node_ids(ir)]
    second = [run_node(ir, name, "r2").state for name in node_ids(ir)]
    assert (first, second) == (["executed", "executed"], ["cached", "cached"])
    assert ir.SerializeToString(deterministic=True) == before
    record = read_run(connection_config(None, OutputLayout(str(tmp_path))), "r2")["Greeter"]
    greeting = record.output("greeting")
    assert greeting is not None
    assert (greeting.type, greeting.properties["text"]) == ("Model", "hello")
    assert (Path(greeting.uri) / "text").read_text() == "hello"
    assert record.parameters["text"] == "hello"
    assert record.output("other") is None


def test_the_first_node_of_the_first_run_makes_the_folder(tmp_path: Path) -> None:
    assert run_node(graph(tmp_path / "new" / "out"), "Greeter", "r1").state == "executed"


def test_a_changed_parameter_runs_the_node_again(tmp_path: Path) -> None:
    for run_id, text in (("r1", "hello"), ("r2", "good evening")):
        ir = graph(tmp_path, text)
        assert [run_node(ir, name, run_id).state for name in node_ids(ir)] == ["executed"] * 2


def test_an_executors_error_is_passed_on_and_recorded(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no greeting today"):
        run_node(graph(tmp_path, "fail"), "Greeter", "r1")
    run = read_run(connection_config(None, OutputLayout(str(tmp_path))), "r1")
    assert {name: record.state for name, record in run.items()} == {"Greeter": "failed"}


def test_an_unknown_run_has_no_records(tmp_path: Path) -> None:
    assert read_run(connection_config(None, OutputLayout(str(tmp_path))), "r1") == {}


def test_a_repeated_call_leaves_a_node_as_it_is(tmp_path: Path) -> None:
    ir = graph(tmp_path)
    first = [run_node(ir, name, "r1").state for name in node_ids(ir)]
    again = [run_node(ir, name, "r1") for name in node_ids(ir)]
    assert [result.state for result in again] == first == ["executed", "executed"]
    connection = connection_config(None, OutputLayout(str(tmp_path)))
    for name in node_ids(ir):
        assert len(node_attempts(connection, "r1", "greetings", name)) == 1


def test_an_interruption_is_recorded_as_a_failure(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_node(graph(tmp_path, "stop"), "Greeter", "r1")
    run = read_run(connection_config(None, OutputLayout(str(tmp_path))), "r1")
    assert run["Greeter"].state == "failed"


def test_the_next_attempt_starts_without_what_the_stopped_one_left(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_node(graph(tmp_path, "stop"), "Greeter", "r1")
    (folder,) = (tmp_path / "artifacts" / "Greeter" / "greeting").iterdir()
    (folder / "half written").touch()

    assert run_node(graph(tmp_path), "Greeter", "r1").state == "executed"

    greeting = read_run(connection_config(None, OutputLayout(str(tmp_path))), "r1")["Greeter"]
    artifact = greeting.output("greeting")
    assert artifact is not None
    assert artifact.properties.get("left", "") == ""
    assert [path.name for path in Path(artifact.uri).iterdir()] == ["text"]


def test_a_failed_attempt_is_repeated(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no greeting today"):
        run_node(graph(tmp_path, "fail"), "Greeter", "r1")
    assert run_node(graph(tmp_path), "Greeter", "r1").state == "executed"
    run = read_run(connection_config(None, OutputLayout(str(tmp_path))), "r1")
    assert (run["Greeter"].state, run["Greeter"].seconds >= 0) == ("executed", True)


def test_what_a_later_attempt_made_is_not_found_as_what_the_failed_one_would_have(
    tmp_path: Path,
) -> None:
    with pytest.raises(RuntimeError, match="no greeting today"):
        run_node(graph(tmp_path, "fail"), "Greeter", "r1")
    assert run_node(graph(tmp_path, "mended"), "Greeter", "r1").state == "executed"

    with pytest.raises(RuntimeError, match="no greeting today"):
        run_node(graph(tmp_path, "fail"), "Greeter", "r2")
    assert run_node(graph(tmp_path, "mended"), "Greeter", "r3").state == "cached"


def test_downstream_nodes_see_the_attempt_that_ended_well(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no greeting today"):
        run_node(graph(tmp_path, "fail"), "Greeter", "r1")
    ir = graph(tmp_path)
    assert [run_node(ir, name, "r1").state for name in node_ids(ir)] == ["executed", "executed"]
    connection = connection_config(None, OutputLayout(str(tmp_path)))
    attempts = node_attempts(connection, "r1", "greetings", "Greeter")
    assert [attempt.state for attempt in attempts] == ["executed", "failed"]
    record = read_run(connection, "r1")["Greeter"]
    assert (record.state, record.parameters["text"]) == ("executed", "hello")
