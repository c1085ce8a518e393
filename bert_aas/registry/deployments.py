"""The log of deployments: which version was put into which serving folder, when, by whom."""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pydantic import Field

from bert_aas.contracts.names import SIGNATURE_FILE
from bert_aas.contracts.params import FrozenParams
from bert_aas.registry.decisions import now

PREFIX = "deployment."
END_PREFIX = "deployment-end."
INTENT_PREFIX = "deploying."
Cause: TypeAlias = Literal["deploy", "run", "rollback", "rejection"]
_BACK = {"rollback", "rejection"}
_DIGITS = 8


class Intent(FrozenParams):
    """What a process is about to deploy: what is left of it where the process was killed.

    Attributes:
        version: Number of the version.
        directory: The serving folder.
        by: Who.
        at: When, UTC, ISO 8601.
        cause: `deploy` by a command, `run` by a pipeline's Pusher, `rollback`, or `rejection` of
            the version that was served before.
        reason: Why; may be empty.
        above: The highest number in the folder before.
        id: Tells it from all others.
    """

    version: int
    directory: str
    by: str
    at: str = Field(default_factory=now)
    cause: Cause = "deploy"
    reason: str = ""
    above: int = 0
    id: str = Field(default_factory=lambda: secrets.token_hex(6))

    @property
    def key(self) -> str:
        """The name of the entry."""
        return f"{INTENT_PREFIX}{_short(self.directory)}.{self.id}"

    def done(self, folder: str, number: int) -> "Deployment":
        """Make the deployment of it.

        Args:
            folder: The folder of the published version.
            number: Its number there.

        Returns:
            The deployment: the same whoever completes it.
        """
        return Deployment(**self.model_dump(exclude={"above", "id"}), folder=folder, number=number)


class End(FrozenParams):
    """How a deployment ended whose folder is still there: a plan of traffic gave it up.

    Attributes:
        by: Who: a person, or `server` for an alarm.
        at: When, UTC, ISO 8601.
        reason: Why.
    """

    by: str
    at: str
    reason: str


class Deployment(FrozenParams):
    """One version, put into a serving folder.

    Attributes:
        version: Number of the version in the registry.
        directory: The serving folder.
        by: Who.
        at: When, UTC, ISO 8601.
        cause: As of `Intent`.
        reason: Why.
        folder: The folder of the version in the serving folder.
        number: Its number there: servers take the highest.
        end: How it ended before another one took its place; an entry of its own.
    """

    version: int
    directory: str
    by: str
    at: str
    cause: Cause
    reason: str
    folder: str
    number: int
    end: End | None = None

    @property
    def key(self) -> str:
        """The name of the entry: a folder has one version of a number."""
        return f"{PREFIX}{_short(self.directory)}.{self.number}"

    @property
    def end_key(self) -> str:
        """The name of the entry of its end."""
        return f"{END_PREFIX}{_short(self.directory)}.{self.number}"

    def entry(self) -> str:
        """Write it, without its end."""
        return self.model_dump_json(exclude={"end"})

    @property
    def signature(self) -> str:
        """The path of its signature among the files of the version."""
        return f"signatures/{_short(self.directory)}.{self.number}/{SIGNATURE_FILE}"


def read_deployments(entries: Mapping[str, str]) -> tuple[Deployment, ...]:
    """Read the deployments among the entries of a version."""
    made = (
        Deployment.model_validate_json(content)
        for name, content in entries.items()
        if name.startswith(PREFIX)
    )
    found = (one.model_copy(update={"end": _end(entries.get(one.end_key))}) for one in made)
    return tuple(sorted(found, key=lambda one: (one.at, one.number)))


def read_intents(entries: Mapping[str, str]) -> tuple[Intent, ...]:
    """Read what was begun among the entries of a version."""
    return tuple(
        Intent.model_validate_json(content)
        for name, content in entries.items()
        if name.startswith(INTENT_PREFIX)
    )


def served(deployments: Iterable[Deployment]) -> dict[str, Deployment]:
    """Say which deployment is served in each folder: of those that did not end, the last.

    Args:
        deployments: Of all versions.

    Returns:
        Serving folder to deployment, sorted by folder.
    """
    found: dict[str, Deployment] = {}
    for one in sorted(_going_on(deployments), key=lambda each: each.number):
        found[one.directory] = one
    return dict(sorted(found.items()))


@dataclass(frozen=True)
class Period:
    """How long a deployment was served.

    Attributes:
        deployment: The deployment.
        until: When it ended, or the next one took its place, UTC, ISO 8601; empty if it is served
            now.
    """

    deployment: Deployment
    until: str


def periods(deployments: Iterable[Deployment]) -> list[Period]:
    """Say since when and until when each deployment was served.

    Args:
        deployments: Of all versions: the next one in a folder ends the one before, if it did not
            end itself.

    Returns:
        A period for each, in the order of time.
    """
    ends: dict[str, str] = {}
    found = []
    for one in sorted(deployments, key=lambda each: each.number, reverse=True):
        if one.end is not None:
            found.append(Period(one, one.end.at))
            continue
        found.append(Period(one, ends.get(one.directory, "")))
        ends[one.directory] = one.at
    return sorted(found, key=lambda each: (each.deployment.at, each.deployment.number))


def version_before(
    deployments: Iterable[Deployment], directory: str, usable: Callable[[int], bool]
) -> int | None:
    """Find the version that was served before the one that is served.

    A rollback takes steps back: after it, the version before is that before its target.

    Args:
        deployments: Of all versions.
        directory: The serving folder.
        usable: Whether a version may be served again.

    Returns:
        The number of the version, or `None` if there is none.
    """
    path: list[int] = []
    here = (one for one in _going_on(deployments) if one.directory == directory)
    for one in sorted(here, key=lambda each: each.number):
        if one.cause in _BACK and one.version in path:
            del path[len(path) - 1 - path[::-1].index(one.version) :]
        if not path or path[-1] != one.version:
            path.append(one.version)
    return next((number for number in reversed(path[:-1]) if usable(number)), None)


def _going_on(deployments: Iterable[Deployment]) -> list[Deployment]:
    return [one for one in deployments if one.end is None]


def _end(entry: str | None) -> End | None:
    return None if entry is None else End.model_validate_json(entry)


def _short(directory: str) -> str:
    return hashlib.sha256(directory.encode()).hexdigest()[:_DIGITS]
