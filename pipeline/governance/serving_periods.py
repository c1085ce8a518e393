"""Where a model is and was served: what the registries of its runs say."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bert_aas.contracts.errors import InvalidInputError, UnavailableError
from bert_aas.contracts.files.locations import is_remote
from bert_aas.lineage.graph import DEPLOYMENT, Step, Thing
from bert_aas.registry.deployments import Period, periods
from bert_aas.registry.registry import Registry
from pipeline.governance.models import FoundModel
from pipeline.governance.registrations import Registration, registration
from pipeline.governance.registries import Reference, RegisteredVersion, registered_version
from pipeline.metadata.records import ArtifactRecord

_GONE = "no longer there"


@dataclass(frozen=True)
class Served:
    """What registries say of a model.

    Attributes:
        periods: Where it was put, in the order of time.
        notes: Id of a registration to what its registry says of the version now.
    """

    periods: tuple[Period, ...] = ()
    notes: Mapping[int, str] = field(default_factory=dict)


def read_served(found: FoundModel, made: Iterable[ArtifactRecord]) -> Served:
    """Ask the registries in which the runs of a model registered it.

    Args:
        found: The model.
        made: What was made of it.

    Returns:
        What they say; a registry that cannot be asked is a note.
    """
    given = found.registered.registry if found.registered else None
    notes: dict[int, str] = {}
    known: dict[str, Period] = {}
    for one in made:
        noted = registration(one.id, one.properties)
        if noted is None:
            continue
        version = _asked(noted, given or noted.registry())
        if isinstance(version, str):
            notes[one.id] = f"{noted.model}, version {noted.number}; {version}"
            continue
        notes[one.id] = f"{noted.model}, version {noted.number}, {version.version.status}"
        known |= {each.deployment.folder: each for each in _periods_of(version)}
    return Served(tuple(sorted(known.values(), key=lambda each: each.deployment.at)), notes)


def deployment_thing(folder: str, period: Period | None) -> Thing:
    """Describe a folder that servers watch.

    Args:
        folder: The version folder.
        period: What a registry says of it.

    Returns:
        The deployment.
    """
    is_gone = not is_remote(folder) and not Path(folder).is_dir()
    notes = [_in_words(period)] if period else []
    note = "; ".join([*notes, *([_GONE] if is_gone else [])])
    details = _details(period) if period else {}
    return Thing(f"Deployment:{folder}", folder, "Deployment", folder, note=note, details=details)


def deployment_step(period: Period, model: str, read: str, made: str) -> Step:
    """Make a step of the time in which a model was served.

    Args:
        period: That time.
        model: Name of the registered model.
        read: Key of what was put there.
        made: Key of the deployment.

    Returns:
        The step.
    """
    one = period.deployment
    return Step(
        key=f"{one.key}:{one.version}",
        node=DEPLOYMENT,
        run_id="",
        pipeline=model,
        started=datetime.fromisoformat(one.at),
        ended=datetime.fromisoformat(period.until) if period.until else None,
        reads=(read,),
        makes=(made,),
        details={
            "by": one.by,
            "cause": one.cause,
            **({"reason": one.reason} if one.reason else {}),
        },
    )


def _asked(noted: Registration, registry: Registry | None) -> RegisteredVersion | str:
    if registry is None:
        return f"its registry {noted.url} is no longer there"
    try:
        return registered_version(Reference(noted.model, str(noted.number)), registry)
    except UnavailableError:
        return f"its registry {noted.url} cannot be reached, so deployments may be missing"
    except InvalidInputError:
        return "no longer registered"


def _periods_of(found: RegisteredVersion) -> Iterator[Period]:
    every = periods(made for each in found.versions for made in each.deployments)
    return (each for each in every if each.deployment.version == found.version.number)


def _details(period: Period) -> dict[str, str]:
    one = period.deployment
    return {
        "since": one.at,
        "until": period.until,
        "by": one.by,
        "cause": one.cause,
        "reason": one.reason,
        "version": str(one.version),
        "directory": one.directory,
    }


def _in_words(period: Period) -> str:
    one = period.deployment
    until = f" until {_moment(period.until)}" if period.until else ""
    cause = "" if one.cause == "deploy" else f" ({one.cause})"
    return f"served since {_moment(one.at)}{until}, by {one.by}{cause}"


def _moment(at: str) -> str:
    return at[:19].replace("T", " ")
