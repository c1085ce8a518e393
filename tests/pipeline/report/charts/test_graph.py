import re

from pipeline.report.charts.graph import buses, graph_chart, layers
from pipeline.report.overview import GraphNode
from tests.pipeline.report.sample import EDGES, graph


def test_layers_are_longest_paths() -> None:
    found = layers(graph())
    assert found["ExampleGen"] == 0
    assert found["ExampleValidator"] == 3
    assert found["Trainer"] == 6
    assert found["InfraValidator"] == found["ModelCard"] == found["BulkInferrer"] == 10
    assert found["Pusher"] == 11


def test_unknown_upstream_nodes_do_not_count() -> None:
    assert layers([GraphNode("A", "executed", 0, ("elsewhere",))]) == {"A": 0}


def test_every_long_edge_has_a_bus() -> None:
    layer_of = layers(graph())
    long_edges = {
        (source, target)
        for target, upstream in EDGES.items()
        for source in upstream
        if layer_of[target] - layer_of[source] > 1
    }
    found = {(bus.source, target) for bus in buses(graph(), layer_of) for target in bus.targets}
    assert found == long_edges


def test_buses_on_one_track_do_not_touch() -> None:
    layer_of = layers(graph())
    found = buses(graph(), layer_of)
    for place, one in enumerate(found):
        for other in found[place + 1 :]:
            if (one.track, one.above) == (other.track, other.above):
                ends = [
                    (layer_of[bus.source], max(layer_of[target] for target in bus.targets))
                    for bus in (one, other)
                ]
                assert ends[0][1] < ends[1][0] or ends[1][1] < ends[0][0]


def test_buses_that_meet_at_a_node_have_tracks_of_their_own() -> None:
    upstream = {"A": (), "B": ("A",), "C": ("A", "B"), "D": ("C",), "E": ("C", "D")}
    nodes = [GraphNode(name, "executed", 0, before) for name, before in upstream.items()]
    first, second = buses(nodes, layers(nodes))
    assert (first.track, first.above) != (second.track, second.above)


def test_long_edges_reach_the_inner_boxes_of_a_stack_from_the_left() -> None:
    paths = re.findall(r'd="([^"]*)" class="edge long"', graph_chart(graph()))
    ends = [path.split()[-1][0] for path in paths]
    # Two to BulkInferrer in the middle, one from below to InfraValidator on top.
    assert ends.count("H") == 3
    assert ends.count("V") == len(paths) - 3


def test_the_chart_names_states_and_times_and_draws_every_edge() -> None:
    markup = graph_chart(graph("Trainer"))
    assert "Trainer failed, 44 s" in markup
    assert "Pusher skipped" in markup
    assert markup.count('class="arrow"') == sum(map(len, EDGES.values()))
    assert markup.count('class="box ') == len(EDGES)


def test_an_empty_graph_can_be_drawn() -> None:
    assert graph_chart(()).startswith("<svg")


def test_no_name_of_a_long_graph_is_cut() -> None:
    names = [f"Statistics{letter}Gen" for letter in "ABCDEFGHIJKLMNOPQRST"]
    nodes = [
        GraphNode(name, "executed", 0, tuple(names[max(place - 1, 0) : place]))
        for place, name in enumerate(names)
    ]
    assert "…" not in graph_chart(nodes)
