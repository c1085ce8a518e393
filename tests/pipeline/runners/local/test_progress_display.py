"""A run on the screen: lines in a file, a table on a terminal."""

import io
import logging

import pytest
from rich.console import Console

from models.training.progress.progress_lines import PROGRESS_LOGGER
from pipeline.nodes.node import NodeResult
from pipeline.runners.local.progress_display import ProgressDisplay

pytestmark = pytest.mark.slow  # TFX takes many seconds to import

NODES = ["ExampleGen", "Trainer", "Pusher"]


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.fixture
def plain() -> Console:
    return Console(file=io.StringIO(), width=100)


@pytest.fixture
def terminal() -> Console:
    return Console(file=io.StringIO(), width=100, force_terminal=True, color_system=None)


def test_lines_where_the_output_is_no_terminal(plain: Console) -> None:
    with ProgressDisplay(plain, NODES) as display:
        display.start("ExampleGen")
        display.finish(NodeResult("ExampleGen", "cached", 0.4))
        display.start("Trainer")
        display.finish(NodeResult("Trainer", "failed", 185))
    assert shown(plain).splitlines() == [
        "  … ExampleGen",
        "  ↺ ExampleGen        cached    0 s",
        "  … Trainer",
        "  ✗ Trainer           failed    3 min 5 s",
    ]


def test_messages_are_shown_now_and_then(plain: Console) -> None:
    with ProgressDisplay(plain, NODES) as display:
        display.start("Trainer")
        for step in range(5):
            logging.getLogger(PROGRESS_LOGGER).info("step %d of [5]", step)
    assert shown(plain).splitlines() == ["  … Trainer", "    step 0 of [5]"]


def test_messages_after_the_run_are_not_shown(plain: Console) -> None:
    with ProgressDisplay(plain, NODES):
        pass
    logging.getLogger(PROGRESS_LOGGER).info("late")
    assert not shown(plain)


def test_a_table_on_a_terminal(terminal: Console) -> None:
    with ProgressDisplay(terminal, NODES) as display:
        display.start("ExampleGen")
        display.finish(NodeResult("ExampleGen", "executed", 2))
        display.start("Trainer")
        logging.getLogger(PROGRESS_LOGGER).info("step 3 of [5]")
    last = shown(terminal)[shown(terminal).rindex("ExampleGen") - 4 :]
    assert "✓ ExampleGen        executed  2 s" in last
    assert "▸ Trainer           running   0 s  step 3 of [5]" in last
    assert "· Pusher" in last


def test_the_message_of_one_node_is_not_shown_for_the_next(terminal: Console) -> None:
    with ProgressDisplay(terminal, NODES) as display:
        display.start("ExampleGen")
        display.message("reading")
        display.finish(NodeResult("ExampleGen", "executed", 2))
        display.start("Trainer")
    assert "reading" not in shown(terminal)[shown(terminal).rindex("Trainer") :]


@pytest.mark.parametrize("state", ["executed", "cached", "skipped", "failed"])
def test_every_state_has_a_mark(plain: Console, state: str) -> None:
    with ProgressDisplay(plain, NODES) as display:
        display.finish(NodeResult("Pusher", state, 1))
    assert f"Pusher            {state}" in shown(plain)
