"""`bert-aas traffic`: plans by which versions of a served model share the requests."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from bert_aas.traffic.alarms import ACTIONS, MEASURES
from bert_aas.traffic.plans.plan import STRATEGIES, USUAL_LOAD
from pipeline.commands.options import FILE

_Command = TypeVar("_Command", bound=Callable[..., Any])

PLAN = click.option(
    "--plan",
    "plan_file",
    type=FILE,
    default=Path("traffic.json"),
    show_default=True,
    help="The plan file, as `bert-aas serve --traffic_config_file` reads it.",
)
_MODEL = click.argument("model")
_SERVERS = click.option(
    "--server",
    "servers",
    multiple=True,
    help="Ask this server's REST port, such as http://localhost:8501; may be repeated.",
)
_REASON = click.option("--reason", default="", help="Why; it is kept.")
_BY = click.option("--by", help="Who; the login if not given.")
_REGISTRY = click.option("--registry", help="Where the registry is that is told.")


def shape_options(command: _Command) -> _Command:
    """Add how requests move to a new version, and what stops it.

    Args:
        command: A command.

    Returns:
        The command, which gets `step`, `bake`, `share`, `load`, `key_header` and four for alarms.
    """
    for option in (
        click.option(
            "--on-alarm", type=click.Choice(ACTIONS), default=ACTIONS[0], show_default=True
        ),
        click.option(
            "--alarm-samples",
            type=click.IntRange(1),
            default=100,
            show_default=True,
            help="Requests that an alarm needs.",
        ),
        click.option(
            "--alarm-window", default="5m", show_default=True, help="How far back alarms look."
        ),
        click.option(
            "--alarm",
            multiple=True,
            metavar="MEASURE=LIMIT",
            help=f"Stop a candidate beyond this limit: {', '.join(MEASURES)}.",
        ),
        click.option("--key-header", default="", help="Header that decides on the version."),
        click.option(
            "--load",
            type=float,
            default=USUAL_LOAD,
            show_default=True,
            help="Of shadow: percent of the time that copies of requests may run.",
        ),
        click.option(
            "--share", type=float, multiple=True, help="Of ab: percent of each candidate."
        ),
        click.option(
            "--bake", default="10m", show_default=True, help="Time of each step: 90s, 10m, 2h, 1d."
        ),
        click.option(
            "--step",
            type=float,
            multiple=True,
            help="Of canary: a share in percent, by default 5, 25 and 100. Of linear: the growth, "
            "by default 20.",
        ),
    ):
        command = option(command)
    return command


@click.group()
def traffic() -> None:
    """Let a new version take over step by step, and take it back.

    A VERSION is the number of a version folder, a label of the model config file, or `champion` or
    `challenger` of the registry.
    """


@traffic.command()
@_MODEL
@click.option("--strategy", type=click.Choice(STRATEGIES), required=True)
@click.option("--candidate", multiple=True, required=True, help="A version that comes in.")
@click.option("--champion", help="The version that answers so far; by default as the plan says.")
@shape_options
@PLAN
@_BY
@_REASON
@click.option("--registry", help="Where the registry is, for its aliases.")
def start(model: str, plan_file: Path, **options: Any) -> None:
    """Start a plan for MODEL, the name that it has in the server."""
    from pipeline.commands.work.traffic.changing import start_plan

    start_plan(model, plan_file, options)


@traffic.command()
@click.argument("model", default="")
@PLAN
@click.option("--server", help="Ask this server's REST port, such as http://localhost:8501.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def show(**options: Any) -> None:
    """Show what the plan of MODEL does now; the plans of all models without one."""
    from pipeline.commands.work.traffic.showing import show_plans

    show_plans(**options)


@traffic.command()
@_MODEL
@click.argument("version", default="")
@PLAN
@_BY
@_REASON
@_REGISTRY
def promote(**options: Any) -> None:
    """Let a challenger answer everything: VERSION, or the only one."""
    from pipeline.commands.work.traffic.changing import promote_challenger

    promote_challenger(**options)


@traffic.command()
@_MODEL
@PLAN
@_BY
@click.option("--reason", required=True, help="Why; it is kept.")
@_REGISTRY
def rollback(**options: Any) -> None:
    """Let the champion answer everything again, also after a promotion."""
    from pipeline.commands.work.traffic.changing import roll_back_plan

    roll_back_plan(**options)


@traffic.command()
@_MODEL
@PLAN
@_BY
@_REASON
def hold(**options: Any) -> None:
    """Let the steps stand still."""
    from pipeline.commands.work.traffic.changing import hold_plan

    hold_plan(**options)


@traffic.command()
@_MODEL
@PLAN
@_BY
@_REASON
def resume(**options: Any) -> None:
    """Let held steps go on."""
    from pipeline.commands.work.traffic.changing import resume_plan

    resume_plan(**options)


@traffic.command()
@_MODEL
@PLAN
@_BY
@_REASON
def clear(**options: Any) -> None:
    """Take the plan out: the newest version answers, as without plans."""
    from pipeline.commands.work.traffic.changing import clear_plan

    clear_plan(**options)


@traffic.command()
@_MODEL
@PLAN
@_REGISTRY
def sync(**options: Any) -> None:
    """Tell the registry how the plan of MODEL ended, also one that an alarm of a server ended."""
    from pipeline.commands.work.traffic.registering import sync_plan

    sync_plan(**options)


@traffic.command()
@_MODEL
@PLAN
@_SERVERS
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def report(**options: Any) -> None:
    """Show what the plan of MODEL does, the verdict, and what was changed, by whom and why."""
    from pipeline.commands.work.traffic.showing import report_plan

    report_plan(**options)


@traffic.command()
@_MODEL
@PLAN
@_SERVERS
@click.option("--state", type=FILE, help="What was learnt; by default beside the plan file.")
@click.option("--minimum-share", type=float, default=1.0, show_default=True, help="Percent.")
@click.option(
    "--half-life",
    type=float,
    default=10_000.0,
    show_default=True,
    help="After so many rewards one counts half; inf forgets nothing.",
)
@click.option("--every", help="Go on, and learn again after this time: 60s, 5m.")
def learn(model: str, plan_file: Path, **options: Any) -> None:
    """Set the shares of the bandit of MODEL by the feedback that servers have counted."""
    from pipeline.commands.work.traffic.learning import learn_shares

    learn_shares(model, plan_file, options)
