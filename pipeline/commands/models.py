"""`bert-aas models`: the registry of models; who let them in, where they are served."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from bert_aas.traffic.plans.plan import STRATEGIES
from pipeline.commands.options import (
    FILE,
    card_file,
    card_format,
    output_file,
    registry_option,
    run_options,
)
from pipeline.commands.traffic import PLAN, shape_options
from pipeline.environment import quiet_libraries

_Command = TypeVar("_Command", bound=Callable[..., Any])
_REGISTRY = registry_option
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
_MODEL = click.argument("model")
_VERSION = click.argument("version", default="")
_SIGN_KEY = click.option(
    "--sign-key", type=FILE, help="Sign what is published with this private key, PEM."
)
_DIRECTORY = click.option(
    "--directory", help="The serving folder; by default the one that the pipeline pushes to."
)


def _person(*, reason: bool) -> Callable[[_Command], _Command]:
    """Add who does it and why: `--by` and `--reason`."""

    def add(command: _Command) -> _Command:
        why = click.option("--reason", required=reason, default="", help="Why; it is kept.")
        return click.option("--by", help="Who; the login if not given.")(why(command))

    return add


@click.group()
def models() -> None:
    """Approve, compare, deploy and take back registered models.

    VERSION is a number, `champion` (what is served) or `challenger` (the newest after it); the
    newest version if not given.
    """


@models.command("list")
@click.argument("model", default="")
@_REGISTRY
@_JSON
def list_(**options: Any) -> None:
    """List the versions of MODEL, or of all models."""
    from pipeline.commands.work.models.listing import list_versions

    list_versions(**options)


@models.command()
@_MODEL
@_VERSION
@_REGISTRY
@_JSON
def show(**options: Any) -> None:
    """Show all that is known of a VERSION: figures, conditions, decisions, deployments."""
    from pipeline.commands.work.models.listing import show_version

    show_version(**options)


@models.command()
@_MODEL
@click.argument("versions", nargs=-1, required=True, metavar="VERSION VERSION...")
@_REGISTRY
@_JSON
def compare(**options: Any) -> None:
    """Put VERSIONs of MODEL side by side."""
    from pipeline.commands.work.models.listing import compare_versions

    compare_versions(**options)


@models.command()
@_MODEL
@_VERSION
@_person(reason=True)
@_REGISTRY
def approve(**options: Any) -> None:
    """Approve a VERSION, so that it can be deployed."""
    from pipeline.commands.work.models.deciding import approve_version

    approve_version(**options)


@models.command()
@_MODEL
@_VERSION
@_person(reason=True)
@_SIGN_KEY
@_REGISTRY
def reject(**options: Any) -> None:
    """Reject a VERSION; where it is served, the latest approved one takes its place."""
    from pipeline.commands.work.models.deciding import reject_version

    reject_version(**options)


@models.command()
@_MODEL
@_VERSION
@_DIRECTORY
@_person(reason=False)
@_SIGN_KEY
@_REGISTRY
@click.option(
    "--strategy",
    type=click.Choice(STRATEGIES),
    help="Let it take over by a plan of traffic; by default it answers all at once.",
)
@shape_options
@PLAN
@click.option("--served-as", help="Name of MODEL in the server; the same if not given.")
def deploy(model: str, version: str, registry: str | None, **options: Any) -> None:
    """Put an approved VERSION where a model server finds it."""
    from pipeline.commands.work.models.deciding import Placing, deploy_version
    from pipeline.commands.work.traffic.deploying import deploy_by_plan, say_what_is_pinned

    placing = Placing(**{name: options.pop(name) for name in Placing.__dataclass_fields__})
    if options["strategy"] is not None:
        deploy_by_plan(model, version, registry, placing, options)
        return
    deploy_version(model, version, registry, placing)
    say_what_is_pinned(options["served_as"] or model, options["plan_file"])


@models.command()
@_MODEL
@_DIRECTORY
@_person(reason=False)
@_SIGN_KEY
@_REGISTRY
def rollback(model: str, registry: str | None, **placing: Any) -> None:
    """Put the version back that was served before."""
    from pipeline.commands.work.models.deciding import Placing, roll_back

    roll_back(model, registry, Placing(**placing))


@models.command()
@_MODEL
@_VERSION
@click.option("--output", type=FILE, required=True, help="Folder to make.")
@_REGISTRY
def export(**options: Any) -> None:
    """Write a VERSION with its files and its log to a folder."""
    from pipeline.commands.work.models.deciding import export_version

    export_version(**options)


@models.command("card")
@_MODEL
@_VERSION
@card_format
@card_file
@output_file
@run_options
@_REGISTRY
def card_(
    model: str,
    version: str,
    output_dir: str | None,
    metadata_url: str | None,
    registry: str | None,
    **written: Any,
) -> None:
    """Write the model card of a VERSION: the one that was registered with it, if there is one."""
    quiet_libraries()
    from pipeline.commands.work.models.writing_papers import CardRequest, write_card
    from pipeline.governance.asked import Asked
    from pipeline.governance.registries import Reference

    asked = Asked(str(Reference(model, version)), output_dir, metadata_url, registry)
    write_card(CardRequest(asked, **written))


@models.command()
@_MODEL
@_VERSION
@click.option("--key", type=FILE, help="File with the public key, PEM: the signatures, too.")
@_REGISTRY
def verify(**options: Any) -> None:
    """Verify that the model of a VERSION, its files and what is served are as registered.

    Exit codes: 0 they are, 2 refused input, 4 they are not.
    """
    from pipeline.commands.work.models.verifying import verify_version

    verify_version(**options)
