"""The drawing of the graph: layers from left to right, long edges as buses above and below."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from pipeline.report.charts.svg import Canvas, fitting
from pipeline.report.formatting import clock, duration, two_lines
from pipeline.report.overview import GraphNode

STATE_SIGNS = {"executed": "✓", "cached": "↺", "failed": "✕", "skipped": "\N{EN DASH}"}

WIDTH = 1120
_BOX_HEIGHT = 74
_STACK_GAP = 16
_TRACK = 20
_MARGIN = 6
_GUTTER_SHARE = 0.17
_LEAST_PITCH = 106
"""Room for the longest word of a name; a longer graph becomes wider, and is shown smaller."""

_NAME_SIZE = 12.5


@dataclass(frozen=True)
class Bus:
    """The long edges of one node: one line along a track, with a drop to each target.

    Attributes:
        source: The node.
        targets: Nodes more than one layer away.
        above: Whether the track is above the boxes.
        track: 1 is next to the boxes.
    """

    source: str
    targets: tuple[str, ...]
    above: bool
    track: int


def layers(nodes: Sequence[GraphNode]) -> dict[str, int]:
    """Put every node right of all that it waits for.

    Args:
        nodes: The nodes, each after those it waits for.

    Returns:
        Id to layer: the length of the longest path to the node.
    """
    found: dict[str, int] = {}
    for node in nodes:
        known = [found[name] for name in node.upstream if name in found]
        found[node.id] = max(known, default=-1) + 1
    return found


def buses(nodes: Sequence[GraphNode], layer_of: Mapping[str, int]) -> list[Bus]:
    """Give every node with long edges a track of its own where others are in the way.

    Args:
        nodes: The nodes.
        layer_of: As returned by `layers`.

    Returns:
        The buses, the short ones on the inner tracks.
    """
    targets: dict[str, list[str]] = {}
    for node in nodes:
        for name in node.upstream:
            if name in layer_of and layer_of[node.id] - layer_of[name] > 1:
                targets.setdefault(name, []).append(node.id)
    spans = {
        name: (layer_of[name], max(layer_of[target] for target in reached))
        for name, reached in targets.items()
    }
    taken: dict[tuple[int, bool], list[tuple[int, int]]] = {}
    found = []
    for name in sorted(targets, key=lambda name: (spans[name][1] - spans[name][0], spans[name])):
        track, above = _free_track(taken, spans[name])
        taken.setdefault((track, above), []).append(spans[name])
        found.append(Bus(name, tuple(targets[name]), above, track))
    return found


def graph_chart(nodes: Sequence[GraphNode]) -> Markup:
    """Draw the graph for wide screens.

    Args:
        nodes: The nodes, each after those it waits for.

    Returns:
        The chart.
    """
    return _Drawing(nodes).markup()


def _free_track(
    taken: Mapping[tuple[int, bool], list[tuple[int, int]]], span: tuple[int, int]
) -> tuple[int, bool]:
    track = 1
    while True:
        for above in (True, False):
            others = taken.get((track, above), [])
            if all(span[1] < start or end < span[0] for start, end in others):
                return track, above
        track += 1


class _Drawing:
    """Places boxes and edges on a canvas."""

    def __init__(self, nodes: Sequence[GraphNode]) -> None:
        self._nodes = nodes
        self._layer = layers(nodes)
        self._buses = buses(nodes, self._layer)
        self._stacks: dict[int, list[str]] = {}
        for node in nodes:
            self._stacks.setdefault(self._layer[node.id], []).append(node.id)
        width = max(WIDTH, _LEAST_PITCH * len(self._stacks))
        self._pitch = width / max(len(self._stacks), 8)
        self._box_width = self._pitch * (1 - _GUTTER_SHARE)
        self._tallest = max((len(stack) for stack in self._stacks.values()), default=1)
        self._top = _MARGIN + self._tracks(above=True) * _TRACK
        inner = self._tallest * (_BOX_HEIGHT + _STACK_GAP) - _STACK_GAP
        self._bottom = self._top + inner
        height = self._bottom + self._tracks(above=False) * _TRACK + _MARGIN
        self._canvas = Canvas(width, height, self._label(), "chart graph")

    def markup(self) -> Markup:
        for bus in reversed(self._buses):
            self._draw_bus(bus)
        for node in self._nodes:
            for name in node.upstream:
                if name in self._layer and self._layer[node.id] - self._layer[name] == 1:
                    self._draw_step(name, node.id)
        for node in self._nodes:
            self._draw_box(node)
        return self._canvas.markup()

    def _tracks(self, *, above: bool) -> int:
        return max((bus.track for bus in self._buses if bus.above is above), default=0)

    def _label(self) -> str:
        parts = (f"{node.id} {node.state}, {duration(node.seconds)}" for node in self._nodes)
        return "The graph, node by node: " + "; ".join(parts)

    def _corner(self, name: str) -> tuple[float, float]:
        layer = self._layer[name]
        stack = self._stacks[layer]
        free = self._tallest - len(stack)
        step = _BOX_HEIGHT + _STACK_GAP
        x = layer * self._pitch + self._pitch * _GUTTER_SHARE / 2
        return x, self._top + (stack.index(name) + free / 2) * step

    def _draw_step(self, source: str, target: str) -> None:
        x, y = self._corner(source)
        end_x, end_y = self._corner(target)
        start, end = (x + self._box_width, y + _BOX_HEIGHT / 2), (end_x, end_y + _BOX_HEIGHT / 2)
        middle = (start[0] + end[0]) / 2
        self._canvas.path(
            f"M{start[0]:.1f} {start[1]:.1f} C{middle:.1f} {start[1]:.1f} {middle:.1f} "
            f"{end[1]:.1f} {end[0] - 3:.1f} {end[1]:.1f}",
            "edge",
        )
        self._arrow(end, (1, 0))

    def _draw_bus(self, bus: Bus) -> None:
        """Leave the source upwards or downwards, go along the track, drop to each target."""
        level = self._level(bus)
        x, y = self._corner(bus.source)
        start = x + self._box_width * 0.72
        edge = y if bus.above else y + _BOX_HEIGHT
        radius = 8 if bus.above else -8
        farthest = max(bus.targets, key=lambda name: self._layer[name])
        for name in bus.targets:
            end, rim, direction = self._entry(name, bus)
            commands = f"M{end - 8:.1f} {level:.1f}"
            if name == farthest:
                commands = (
                    f"M{start:.1f} {edge:.1f} V{level + radius:.1f} Q{start:.1f} {level:.1f} "
                    f"{start + 8:.1f} {level:.1f} H{end - 8:.1f}"
                )
            commands += f" Q{end:.1f} {level:.1f} {end:.1f} {level + radius:.1f} V{rim:.1f}"
            if direction[0]:
                commands += f" H{self._corner(name)[0] - 3:.1f}"
                self._arrow((self._corner(name)[0], rim), direction)
            else:
                self._arrow((end, rim), direction)
            self._canvas.path(commands, "edge long")

    def _level(self, bus: Bus) -> float:
        if bus.above:
            return self._top - bus.track * _TRACK + 6
        return self._bottom + bus.track * _TRACK - 6

    def _entry(self, name: str, bus: Bus) -> tuple[float, float, tuple[int, int]]:
        """Return where a drop ends: on the rim of the box, or in the gutter left of a stack."""
        x, y = self._corner(name)
        stack = self._stacks[self._layer[name]]
        outermost = stack[0] if bus.above else stack[-1]
        if name != outermost:
            side = 0.62 if bus.above else 0.38
            return x - self._pitch * _GUTTER_SHARE * side, y + _BOX_HEIGHT * 0.3, (1, 0)
        # Buses that end at one box land side by side, left of where its own bus leaves.
        place = [
            other.source
            for other in self._buses
            if other.above is bus.above and name in other.targets
        ].index(bus.source)
        end = x + self._box_width * (0.5 - 0.18 * place)
        return (end, y, (0, 1)) if bus.above else (end, y + _BOX_HEIGHT, (0, -1))

    def _arrow(self, tip: tuple[float, float], direction: tuple[int, int]) -> None:
        (x, y), (dx, dy) = tip, direction
        left = (x - 7 * dx + 4 * dy, y - 7 * dy + 4 * dx)
        right = (x - 7 * dx - 4 * dy, y - 7 * dy - 4 * dx)
        self._canvas.path(
            f"M{x:.1f} {y:.1f} L{left[0]:.1f} {left[1]:.1f} L{right[0]:.1f} {right[1]:.1f} Z",
            "arrow",
        )

    def _draw_box(self, node: GraphNode) -> None:
        x, y = self._corner(node.id)
        width, centre = self._box_width, x + self._box_width / 2
        self._canvas.rect((x, y), (width, _BOX_HEIGHT), f"box {node.state}", radius=8)
        self._canvas.rect((x, y + 10), (3.5, _BOX_HEIGHT - 20), f"stripe {node.state}", radius=1.7)
        lines = two_lines(re.findall(r"[A-Z]?[^A-Z]+|[A-Z]+(?![a-z])", node.id))
        first = y + 26 if len(lines) == 1 else y + 20
        for index, line in enumerate(lines):
            shown = fitting(line, width - 6, _NAME_SIZE)
            self._canvas.text((centre, first + 15 * index), shown, "node-name", anchor="middle")
        figure = f"{STATE_SIGNS.get(node.state, '?')} "
        figure += node.state if node.state == "skipped" else clock(node.seconds)
        self._canvas.text(
            (centre, y + _BOX_HEIGHT - 13), figure, f"node-time {node.state}", anchor="middle"
        )
