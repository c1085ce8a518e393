"""What `bert-aas models list`, `show` and `compare` do."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.plain_text import printable_json
from bert_aas.registry.deploying import Deployer
from bert_aas.registry.deployments import served
from bert_aas.registry.registry import chosen
from bert_aas.registry.settling import aliases_of
from bert_aas.registry.versions import Version
from pipeline.commands.work.data.cataloguing import print_table
from pipeline.commands.work.models.deciding import version_json
from pipeline.console.messages import say
from pipeline.governance.registries import open_registry

_MISSING = "-"
_FEWEST = 2
_DIGITS = 16


def list_versions(model: str, registry: str | None, as_json: bool) -> None:
    """Print the versions of a model, or of all.

    Args:
        model: Its name; all if empty.
        registry: Where the registry is.
        as_json: Print JSON for programs.
    """
    opened = open_registry(registry)
    names = [model] if model else opened.models()
    found = {name: _settled(opened, name) for name in names}
    if model and not found[model]:
        chosen([], model)
    if as_json:
        rows = [_brief(one, versions) for versions in found.values() for one in versions]
        say(printable_json(rows))
        return
    if not any(found.values()):
        say("no model is registered yet")
        return
    columns = ("Model", "Version", "Status", "Alias", "Accuracy", "Registered", "Served from")
    print_table(
        columns, (_row(one, versions) for versions in found.values() for one in reversed(versions))
    )


def show_version(model: str, version: str, registry: str | None, as_json: bool) -> None:
    """Print all that is known of a version.

    Args:
        model: Name of the model.
        version: Number or alias.
        registry: Where the registry is.
        as_json: Print JSON for programs.
    """
    versions = _settled(open_registry(registry), model)
    found = chosen(versions, model, version)
    if as_json:
        say(printable_json({**version_json(found), **_brief(found, versions)}))
        return
    aliases = _aliases(found, versions)
    say(f"{found.model}, version {found.number}: {found.status}{f' ({aliases})' * bool(aliases)}")
    say(f"Model        {found.source}")
    facts = {"registered": found.created, "four eyes": found.needs_four_eyes, **found.facts}
    _print_pairs("Fact", facts)
    _print_pairs("Metric", {name: f"{value:.4f}" for name, value in found.metrics.items()})
    _print_pairs("Parameter", found.parameters)
    _print_conditions(found)
    _print_pairs("File", {name: digest[:_DIGITS] for name, digest in found.evidence.items()})
    say("")
    print_table(
        ("Decided", "By", "From", "To", "Why"),
        ((d.at, d.by, d.before or _MISSING, d.after, d.reason) for d in found.decisions),
    )
    if found.deployments:
        say("")
        rows = ((d.at, d.by, d.cause, d.folder, d.reason) for d in found.deployments)
        print_table(("Deployed", "By", "Cause", "Folder", "Why"), rows)
    ends = [(made.end, made.folder) for made in found.deployments if made.end is not None]
    if ends:
        say("")
        ended = ((end.at, end.by, folder, end.reason) for end, folder in ends)
        print_table(("Ended", "By", "Folder", "Why"), ended)


def compare_versions(
    model: str, versions: Sequence[str], registry: str | None, as_json: bool
) -> None:
    """Print versions side by side.

    Args:
        model: Name of the model.
        versions: Numbers or aliases.
        registry: Where the registry is.
        as_json: Print JSON for programs.

    Raises:
        InvalidInputError: If there are fewer than two.
    """
    if len(versions) < _FEWEST:
        raise InvalidInputError("give two versions or more to compare")
    known = _settled(open_registry(registry), model)
    found = [chosen(known, model, asked) for asked in versions]
    if as_json:
        say(printable_json([{**version_json(one), **_brief(one, known)} for one in found]))
        return
    heads = [f"Version {one.number}" for one in found]
    print_table(("", *heads), [("status", *(one.status for one in found))])
    metrics = [{name: f"{value:.4f}" for name, value in one.metrics.items()} for one in found]
    _print_sides("Metric", heads, metrics, equal=True)
    _print_sides("Parameter that differs", heads, [one.parameters for one in found])
    _print_sides("Fact that differs", heads, [one.facts for one in found])


def _settled(opened: Any, model: str) -> list[Version]:
    with opened.locked():
        return Deployer(opened, model).settled()


def _served(one: Version, versions: Sequence[Version]) -> list[str]:
    known = served(made for each in versions for made in each.deployments)
    return [made.folder for made in known.values() if made.version == one.number]


def _aliases(one: Version, versions: Sequence[Version]) -> str:
    return ", ".join(name for name, number in aliases_of(versions).items() if number == one.number)


def _brief(one: Version, versions: Sequence[Version]) -> dict[str, Any]:
    aliases = [name for name, number in aliases_of(versions).items() if number == one.number]
    return {
        "model": one.model,
        "version": one.number,
        "status": one.status,
        "aliases": aliases,
        "metrics": one.metrics,
        "registered": one.created,
        "reason": one.decisions[-1].reason if one.decisions else "",
        "served_from": _served(one, versions),
    }


def _row(one: Version, versions: Sequence[Version]) -> tuple[str, ...]:
    accuracy = one.metrics.get("accuracy")
    return (
        one.model,
        str(one.number),
        one.status,
        _aliases(one, versions) or _MISSING,
        _MISSING if accuracy is None else f"{accuracy:.4f}",
        one.created[:16].replace("T", " "),
        ", ".join(_served(one, versions)) or _MISSING,
    )


def _print_pairs(title: str, values: Mapping[str, Any]) -> None:
    if values:
        say("")
        print_table((title, ""), ((name, str(value)) for name, value in values.items()))


def _print_conditions(one: Version) -> None:
    if one.conditions:
        say("")
        keys = ("name", "outcome", "sentence")
        rows = (tuple(str(each.get(key, "")) for key in keys) for each in one.conditions)
        print_table(("Condition", "Outcome", ""), rows)


def _print_sides(
    title: str, heads: Sequence[str], sides: Sequence[Mapping[str, Any]], *, equal: bool = False
) -> None:
    rows = list(_sides(sides, equal=equal))
    if rows:
        say("")
        print_table((title, *heads), rows)


def _sides(sides: Sequence[Mapping[str, Any]], *, equal: bool) -> Iterable[tuple[str, ...]]:
    for name in dict.fromkeys(name for side in sides for name in side):
        values = [str(side.get(name, _MISSING)) for side in sides]
        if equal or len(set(values)) > 1:
            yield (name, *values)
