"""The shape of a pipeline survives the way through JSON, and needs nothing to be read."""

import json
import subprocess
import sys

import pytest

from pipeline.graph.shape.topology import RunParameter, Topology, TopologyNode, from_json, to_json

TOPOLOGY = Topology(
    name="reviews",
    nodes=(
        TopologyNode("ExampleGen", (), {}, {"examples": "Examples"}),
        TopologyNode("Trainer", ("ExampleGen",), {"examples": "Examples"}, {"model": "Model"}),
        TopologyNode("Pusher", ("ExampleGen", "Trainer"), {"model": "Model"}, {}),
    ),
    parameters=(RunParameter("epochs", "train.epochs", {"type": "integer", "default": 3}),),
)


def test_edges_go_from_upstream_to_downstream() -> None:
    assert TOPOLOGY.edges() == [
        ("ExampleGen", "Trainer"),
        ("ExampleGen", "Pusher"),
        ("Trainer", "Pusher"),
    ]


def test_a_parameter_knows_its_default() -> None:
    assert TOPOLOGY.parameters[0].default == 3


def test_it_survives_the_way_through_json() -> None:
    assert from_json(json.loads(json.dumps(to_json(TOPOLOGY)))) == TOPOLOGY


@pytest.mark.parametrize("trains", [True, False])
def test_whether_a_node_trains_survives_too(*, trains: bool) -> None:
    node = TopologyNode("Harvest", (), {}, {}, trains=trains)
    (read,) = from_json(to_json(Topology("reviews", (node,), ()))).nodes
    assert read.trains is trains


def test_what_an_earlier_release_wrote_trains_in_the_trainer() -> None:
    content = to_json(TOPOLOGY)
    for node in content["nodes"]:
        del node["trains"]
    assert [node.trains for node in from_json(content).nodes] == [False, True, False]


@pytest.mark.parametrize("part", ["name", "nodes", "parameters"])
def test_a_missing_part_is_named(part: str) -> None:
    content = to_json(TOPOLOGY)
    del content[part]
    with pytest.raises(KeyError, match=part):
        from_json(content)


@pytest.mark.parametrize("module", ["pipeline.graph.shape.topology", "pipeline.nodes.node_command"])
def test_what_dag_files_import_needs_the_standard_library_only(module: str) -> None:
    program = (
        f"import sys, {module}; "
        "print([name for name in sys.modules if name.split('.')[0] in "
        "{'tfx', 'tensorflow', 'apache_beam', 'pydantic', 'yaml', 'click', 'models'}])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "[]"
