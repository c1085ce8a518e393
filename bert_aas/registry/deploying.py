"""Put versions into serving folders, and take them back.

A deployment is begun (an entry says who, where and why), published by one rename, and recorded. A
process may be killed between any two of these: whoever opens the folder next finds the published
version by its content, and records it as what was begun; or removes what never came to be.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.locations import is_remote
from bert_aas.contracts.names import SIGNATURE_FILE
from bert_aas.registry.content import folder_hash
from bert_aas.registry.deployments import (
    Cause,
    Deployment,
    End,
    Intent,
    served,
    version_before,
)
from bert_aas.registry.registry import Registry, chosen
from bert_aas.registry.serving_folders import LocalFolders, ServingFolders
from bert_aas.registry.statuses import APPROVED, REJECTED
from bert_aas.registry.versions import Version

_LOST_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Order:
    """Who wants a version where, and why.

    Attributes:
        directory: The serving folder.
        by: Who.
        reason: Why; may be empty.
        cause: What kind of deployment it is.
        model: Folder of the model on this machine, where the caller has it already.
    """

    directory: str
    by: str
    reason: str = ""
    cause: Cause = "deploy"
    model: Path | None = None


class Deployer:
    """Deploys versions of one model.

    Example:
        >>> Deployer(registry, "demo").deploy("2", Order("serving_model", by="ann"))
    """

    def __init__(
        self, registry: Registry, model: str, folders: ServingFolders | None = None
    ) -> None:
        """Take the registry.

        Args:
            registry: The registry.
            model: Name of the model.
            folders: How serving folders are read and written; on disks if not given.
        """
        self._registry = registry
        self._model = model
        self._folders = folders or LocalFolders()

    def deploy(self, asked: str, order: Order, *, approved: bool = True) -> Deployment:
        """Put a version into a serving folder; what is served there already is left alone.

        Args:
            asked: Number or alias of the version; the newest if empty.
            order: Who wants it where.
            approved: Whether it must be approved; else it may also wait for an approval.

        Returns:
            The deployment.

        Raises:
            InvalidInputError: If it is not approved, or its model is gone or was changed.
        """
        with self._registry.locked():
            versions = self.settled()
            version = chosen(versions, self._model, asked)
            _check_status(version, approved=approved)
            known = served(_all(versions)).get(order.directory)
            if known and known.version == version.number and self._is_served(known):
                return known
            return self._publish(version, order)

    def roll_back(self, order: Order) -> Deployment:
        """Put the version back that was served before.

        Args:
            order: Who wants it where.

        Returns:
            The deployment.

        Raises:
            InvalidInputError: If there is none, or its model is gone or was changed.
        """
        with self._registry.locked():
            versions = self.settled()
            usable = {one.number for one in versions if one.status != REJECTED}
            number = version_before(_all(versions), order.directory, usable.__contains__)
            if number is None:
                raise InvalidInputError(
                    f"no version of {self._model} was served from {order.directory} before that "
                    "could be put back; `bert-aas models list` shows what is approved"
                )
            back = dataclasses.replace(order, cause="rollback")
            return self._publish(chosen(versions, self._model, str(number)), back)

    def take_out(self, number: int, by: str, reason: str) -> list[Deployment | str]:
        """Replace a rejected version by the latest approved one, wherever it is served.

        Args:
            number: Number of the rejected version.
            by: Who rejected it.
            reason: Why.

        Returns:
            The deployments; and the folders that still serve it, since no version is approved.
        """
        with self._registry.locked():
            versions = self.settled()
            approved = [one for one in versions if one.status == APPROVED]
            made: list[Deployment | str] = []
            for directory, known in served(_all(versions)).items():
                if known.version != number:
                    continue
                order = Order(directory, by, reason, "rejection")
                made.append(self._publish(approved[-1], order) if approved else directory)
            return made

    def end(self, directory: str, numbers: Sequence[int], end: End) -> list[Deployment]:
        """Record that deployments ended although their folders are still there.

        Args:
            directory: The serving folder.
            numbers: Of the version folders.
            end: When, by whom and why; of one that ended already, what was said first stays.

        Returns:
            The deployments that ended now.
        """
        return self._change_ends(directory, numbers, end)

    def go_on(self, directory: str, numbers: Sequence[int]) -> list[Deployment]:
        """Take back that deployments ended: their folders answer again.

        Args:
            directory: The serving folder.
            numbers: Of the version folders.

        Returns:
            The deployments that had ended.
        """
        return self._change_ends(directory, numbers, None)

    def _change_ends(
        self, directory: str, numbers: Sequence[int], end: End | None
    ) -> list[Deployment]:
        store, changed = self._registry.store, []
        with self._registry.locked():
            for one in _all(self.settled()):
                is_meant = one.directory == directory and one.number in numbers
                if not is_meant or (one.end is None) == (end is None):
                    continue
                if end is None:
                    store.erase(self._model, one.version, one.end_key)
                else:
                    store.write(self._model, one.version, one.end_key, end.model_dump_json())
                changed.append(one)
            if changed:
                self._registry.settled(self._model)
        return changed

    def settled(self) -> list[Version]:
        """Read the versions; deployments that a killed process left are recorded or removed.

        Returns:
            The versions, the oldest first.
        """
        versions = self._registry.settled(self._model)
        begun = [(one, intent) for one in versions for intent in one.intents]
        for version, intent in begun:
            self._end(version, intent, ends=self._registry.place.file is not None)
        return self._registry.settled(self._model) if begun else versions

    def _publish(self, version: Version, order: Order) -> Deployment:
        numbers = self._folders.numbers(order.directory)
        intent = Intent(
            version=version.number,
            directory=order.directory,
            by=order.by,
            cause=order.cause,
            reason=order.reason,
            above=max(numbers, default=0),
        )
        store = self._registry.store
        with self.unchanged(version, order.model) as folder:
            store.write(self._model, version.number, intent.key, intent.model_dump_json())
            try:
                published = self._folders.publish(folder, order.directory)
            except BaseException:
                self._end(version, intent, ends=True)
                raise
        return self._record(version, intent, published)

    def _record(self, version: Version, intent: Intent, published: str) -> Deployment:
        made = intent.done(published, int(published.rstrip("/").rpartition("/")[2]))
        store = self._registry.store
        signature = self._folders.signature(published)
        if signature is not None:
            with tempfile.TemporaryDirectory() as aside:
                file = Path(aside, SIGNATURE_FILE)
                file.write_bytes(signature)
                store.attach(version, made.signature, file)
        store.write(self._model, made.version, made.key, made.entry())
        store.erase(self._model, made.version, intent.key)
        self._registry.settled(self._model)
        return made

    def _end(self, version: Version, intent: Intent, *, ends: bool) -> None:
        """Record what was published of a deployment that did not end, or remove its beginning.

        Args:
            version: The version.
            intent: What was begun.
            ends: Whether nobody is at work on it any more.
        """
        if is_remote(intent.directory) and isinstance(self._folders, LocalFolders):
            return  # who reads that storage ends it
        versions = self._registry.settled(self._model)
        known = {one.number for one in _all(versions) if one.directory == intent.directory}
        for number in self._folders.numbers(intent.directory):
            folder = f"{intent.directory.rstrip('/')}/{number}"
            if number in known or number <= intent.above:
                continue
            if self._folders.content(folder) == version.content:
                self._record(version, intent, folder)
                return
        if ends or _is_old(intent):
            self._registry.store.erase(self._model, version.number, intent.key)

    def _is_served(self, known: Deployment) -> bool:
        """Whether the folder of a deployment is there, and is the newest that servers see."""
        return max(self._folders.numbers(known.directory), default=0) == known.number

    @contextmanager
    def unchanged(self, version: Version, given: Path | None = None) -> Iterator[Path]:
        """Give the model on this machine, unchanged since it was registered.

        Args:
            version: The version.
            given: Its folder, where the caller has it.

        Yields:
            Its folder. A model that is gone or was changed raises `InvalidInputError`.
        """
        with tempfile.TemporaryDirectory() as aside:
            folder = given or version.path
            if folder is None:
                folder = self._registry.store.download(version, aside)
            _check_content(version, folder)
            yield folder


def _all(versions: Sequence[Version]) -> list[Deployment]:
    return [made for one in versions for made in one.deployments]


def _check_status(version: Version, *, approved: bool) -> None:
    if version.status == APPROVED or (not approved and version.status != REJECTED):
        return
    last = version.decisions[-1] if version.decisions else None
    why = f" ({last.by}: {last.reason})" if last and version.status == REJECTED else ""
    raise InvalidInputError(
        f"version {version.number} of {version.model} is {version.status}{why}, so it is not "
        f"deployed; `bert-aas models approve {version.model} {version.number} --reason …` "
        "approves it"
    )


def _check_content(version: Version, folder: Path) -> None:
    try:
        found = folder_hash(folder)
    except OSError as exc:
        raise InvalidInputError(
            f"the model of version {version.number} of {version.model} cannot be read at "
            f"{version.source}: {exc.strerror or exc}"
        ) from exc
    if found != version.content:
        raise InvalidInputError(
            f"the model of version {version.number} of {version.model} at {version.source} was "
            f"changed after it was registered: its hash is {found[:16]}…, not "
            f"{version.content[:16]}…"
        )


def _is_old(intent: Intent) -> bool:
    begun = datetime.fromisoformat(intent.at)
    return datetime.now(timezone.utc) - begun > _LOST_AFTER
