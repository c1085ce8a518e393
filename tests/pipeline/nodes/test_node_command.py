"""The command line of a node."""

import click

from pipeline.cli import cli
from pipeline.nodes.node_command import NodeCall, node_arguments

FULL = NodeCall(
    node_id="Pusher",
    ir="pipeline.json",
    run_id="r1",
    parameters={"train.epochs": "{{ params.epochs }}", "data.path": "my rows.csv"},
    report_dir="reports",
    not_pushed_exit_code=3,
)


def test_only_what_is_given() -> None:
    call = NodeCall(node_id="Trainer", ir="pipeline.json", run_id="r1")
    assert node_arguments(call) == [
        *("node", "--ir", "pipeline.json", "--node", "Trainer", "--run-id", "r1"),
    ]


def test_each_value_is_one_word() -> None:
    assert node_arguments(FULL)[7:] == [
        *("--set", "train.epochs={{ params.epochs }}", "--set", "data.path=my rows.csv"),
        *("--report-dir", "reports", "--not-pushed-exit-code", "3"),
    ]


def test_the_command_line_knows_every_option() -> None:
    command = cli.commands["node"]
    context = command.make_context("node", node_arguments(FULL)[1:])
    assert isinstance(context, click.Context)
    assert context.params["node_id"] == "Pusher"
    assert context.params["overrides"] == (
        "train.epochs={{ params.epochs }}",
        "data.path=my rows.csv",
    )
    assert context.params["not_pushed_exit_code"] == 3
