"""The registry: versions registered, approved, rejected, deployed and taken back.

Every change is one write that decides, and writes that follow from it: status and aliases. A
process may be killed between any two of them: whoever opens the model next writes what is left.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.file_errors import file_errors
from bert_aas.contracts.files.hashes import file_hash
from bert_aas.contracts.files.locations import is_remote
from bert_aas.registry.content import folder_hash
from bert_aas.registry.decisions import Decision
from bert_aas.registry.places import RegistryPlace
from bert_aas.registry.settling import aliases_of, registered_twice
from bert_aas.registry.statuses import APPROVED, CHALLENGER, CHAMPION, REJECTED, Status
from bert_aas.registry.versions import KEY, STATUS, Candidate, Version

if TYPE_CHECKING:
    from bert_aas.registry.store import MlflowStore


class Registry:
    """The models of a registry.

    Example:
        >>> registry = Registry(registry_place("output/demo"))
        >>> registry.decide("demo", 1, APPROVED, by="ann", reason="reads well")
    """

    def __init__(self, place: RegistryPlace) -> None:
        """Take the place; nothing is opened yet.

        Args:
            place: Where the registry is.
        """
        self.place = place

    @functools.cached_property
    def store(self) -> MlflowStore:
        """The registry in MLflow."""
        from bert_aas.registry.store import MlflowStore  # noqa: PLC0415 (MLflow takes seconds)

        return MlflowStore(self.place)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes of this machine out while something is read and changed.

        Yields:
            Nothing.
        """
        with self.place.locked():
            yield

    def models(self) -> list[str]:
        """List the models."""
        with self.locked():
            return self.store.models()

    def versions(self, model: str) -> list[Version]:
        """List the versions of a model, the oldest first.

        Args:
            model: Its name.

        Returns:
            The versions; none if there is no such model.
        """
        with self.locked():
            return self.settled(model)

    def version(self, model: str, asked: str = "") -> Version:
        """Find a version.

        Args:
            model: Name of the model.
            asked: Its number or an alias; the newest if not given.

        Returns:
            The version.

        Raises:
            InvalidInputError: If there is none.
        """
        return chosen(self.versions(model), model, asked)

    def register(self, candidate: Candidate, *, figures: bool = True) -> Version:
        """Register a model: once, however often that is called.

        Args:
            candidate: The model.
            figures: Whether parameters, metrics and curves go to MLflow's runs, too.

        Returns:
            Its version.
        """
        with file_errors():
            content = folder_hash(candidate.folder)
            evidence = {name: file_hash(file) for name, file in sorted(candidate.files.items())}
        entries = candidate.entries(content, evidence)
        with self.locked():
            known = _with_key(self.settled(candidate.model), entries[KEY])
            if known is None:
                run = self.store.track(candidate, entries[KEY], figures=figures)
                placed = self._placed(candidate, run)
                self.store.create(placed, run, entries)
                known = _with_key(self.settled(candidate.model), entries[KEY])
        assert known is not None  # noqa: S101 - it was just written
        return known

    def track(self, candidate: Candidate) -> str:
        """Write the run of a model that is not registered to MLflow's pages of runs.

        Args:
            candidate: The model.

        Returns:
            The id of MLflow's run.
        """
        with file_errors():
            key = candidate.key(folder_hash(candidate.folder))
        with self.locked():
            return self.store.track(candidate, key, figures=True)

    def decide(self, model: str, asked: str, after: Status, by: str, reason: str) -> Version:
        """Approve or reject a version: once, however often that is called.

        Args:
            model: Name of the model.
            asked: Number or alias of the version; the newest if not given.
            after: The new status.
            by: Who decides.
            reason: Why.

        Returns:
            The version after it; one that had the status before is as it was.

        Raises:
            InvalidInputError: If there is no such version, or the person may not decide; or if
                another one rejected it at the same time.
        """
        with self.locked():
            before = chosen(self.settled(model), model, asked)
            if before.status == after:
                return before
            _check_person(before, after, by)
            made = Decision(
                place=len(before.decisions),
                by=by,
                before=before.status,
                after=after,
                reason=reason,
                evidence={**before.evidence, "model": before.content},
            )
            self.store.write(model, before.number, made.key, made.entry())
            found = chosen(self.settled(model), model, str(before.number))
        if found.status != after:
            last = found.decisions[-1]
            raise InvalidInputError(
                f"version {found.number} of {model} is {found.status}: {last.by} decided so at "
                f"the same time ({last.reason}); both decisions are kept"
            )
        return found

    def attach(self, version: Version, files: Mapping[str, Path]) -> None:
        """Add files to those of a version; once more they are the same.

        Args:
            version: The version.
            files: Path among its files to a file on this machine of that name.
        """
        with self.locked():
            for name, file in sorted(files.items()):
                self.store.attach(version, name, file)

    def settled(self, model: str) -> list[Version]:
        """Read a model's versions, and write what a killed process left unwritten.

        Args:
            model: Its name.

        Returns:
            The versions, the oldest first.
        """
        versions = self.store.versions(model)
        doubles = registered_twice(versions)
        for double in doubles:
            self.store.remove(model, double.number)
        kept = [self._with_status(one) for one in versions if one not in doubles]
        if kept:
            self._point(model, kept)
        return kept

    def _with_status(self, version: Version) -> Version:
        if not version.decisions or version.entries.get(STATUS) == version.status:
            return version
        self.store.write(version.model, version.number, STATUS, version.status)
        return dataclasses.replace(version, entries={**version.entries, STATUS: version.status})

    def _point(self, model: str, versions: Sequence[Version]) -> None:
        known, wanted = self.store.aliases(model), aliases_of(versions)
        for alias in (CHAMPION, CHALLENGER):
            if known.get(alias) != wanted.get(alias):
                self.store.point(model, alias, wanted.get(alias))

    def _placed(self, candidate: Candidate, run: str) -> Candidate:
        """Put the model at the server if no other machine could read it where it is."""
        if self.place.file is not None or is_remote(candidate.source):
            return candidate
        uploaded = self.store.upload(run, candidate.folder)
        return dataclasses.replace(candidate, source=uploaded)


def chosen(versions: Sequence[Version], model: str, asked: str = "") -> Version:
    """Choose a version by number or alias.

    Args:
        versions: All versions of the model.
        model: Its name.
        asked: A number, `champion` or `challenger`; the newest if empty.

    Returns:
        The version.

    Raises:
        InvalidInputError: If there is none.
    """
    if not versions:
        raise InvalidInputError(
            f"the registry has no model {model}; a run with `registry.enabled: true` registers it"
        )
    if not asked:
        return versions[-1]
    number = aliases_of(versions).get(asked, asked)
    for one in versions:
        if str(one.number) == str(number):
            return one
    listed = ", ".join(str(one.number) for one in versions)
    raise InvalidInputError(
        f"{model} has no version {asked}; its versions are {listed}, and the aliases "
        f"{CHAMPION} and {CHALLENGER} where they are set"
    )


def _with_key(versions: Sequence[Version], key: str) -> Version | None:
    return next((one for one in versions if one.entries.get(KEY) == key), None)


def _check_person(version: Version, after: Status, by: str) -> None:
    if after == APPROVED and version.needs_four_eyes and by == version.started_by:
        raise InvalidInputError(
            f"{by} started the run that made version {version.number} of {version.model}, so "
            "somebody else must approve it (`registry.four_eyes`)"
        )
    if after not in {APPROVED, REJECTED}:
        raise InvalidInputError(f"a version can be approved or rejected, not {after}")
