"""The folders of feature groups: `NAME/group.json` and `NAME/data/version=N/BATCH.parquet`."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from pydantic import ValidationError

from bert_aas.catalogue.names import alike
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.atomic import write_text
from bert_aas.contracts.files.opened_files import writing_errors
from bert_aas.features.definitions import Definition, FeatureGroup, Version, group_name

FOLDER = "feature_groups"
_FILE = "group.json"


class FeatureStore:
    """The feature groups of a project.

    Example:
        >>> FeatureStore(Path("feature_groups")).groups()
        []
    """

    def __init__(self, root: Path) -> None:
        """Take the folder, which need not be there.

        Args:
            root: The folder of the groups.
        """
        self.root = root.absolute()

    def groups(self) -> list[FeatureGroup]:
        """Read all groups.

        Returns:
            Them by name.

        Raises:
            InvalidInputError: If one cannot be read.
        """
        if not self.root.is_dir():
            return []
        files = sorted(self.root.glob(f"*/{_FILE}"))
        return [self._read(file) for file in files]

    def group(self, name: str) -> FeatureGroup:
        """Find a group.

        Args:
            name: Its name.

        Returns:
            The group.

        Raises:
            InvalidInputError: If there is none, or it cannot be read.
        """
        found = self.find(name)
        if found is None:
            names = [group.name for group in self.groups()]
            raise InvalidInputError(f"{self.root} has no feature group {name}{alike(name, names)}")
        return found

    def find(self, name: str) -> FeatureGroup | None:
        """Find a group; in SQL, cases make no difference."""
        wanted = name.casefold()
        return next((group for group in self.groups() if group.name.casefold() == wanted), None)

    def declare(self, name: str, definition: Definition) -> Version:
        """Make a group, or a version of it, unless there is one of this definition.

        Args:
            name: Name of the group.
            definition: Its columns, and what their values were made with.

        Returns:
            The version that holds such features.

        Raises:
            InvalidInputError: If the group has other columns for the same fingerprint, or its file
                cannot be written.
        """
        group_name(name)
        with self._locked(name):
            known = self.find(name)
            versions = known.versions if known else ()
            same = [v for v in versions if v.definition.fingerprint == definition.fingerprint]
            if same:
                _check_same(name, same[-1].definition, definition)
                return same[-1]
            now = datetime.now(timezone.utc).isoformat(timespec="seconds")
            made = Version(number=len(versions) + 1, definition=definition, created=now)
            group = FeatureGroup(name=known.name if known else name, versions=(*versions, made))
            self.data(group.name, made).mkdir(parents=True, exist_ok=True)
            file = self.root / group.name / _FILE
            write_text(file, group.model_dump_json(indent=2, exclude_none=True) + "\n")
            return made

    def data(self, name: str, version: Version) -> Path:
        """Give the folder of a version's batches."""
        return self.root / name / "data" / f"version={version.number}"

    def batches(self, name: str, version: Version) -> list[Path]:
        """List the files of a version's batches."""
        return sorted(self.data(name, version).glob("[!.]*.parquet"))

    def _read(self, file: Path) -> FeatureGroup:
        try:
            return FeatureGroup.model_validate_json(file.read_text(encoding="utf-8"))
        except (ValidationError, UnicodeDecodeError, OSError) as exc:
            raise InvalidInputError(
                f"the feature group {file} cannot be read: it is damaged, or a later release "
                "wrote it"
            ) from exc

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        """Let one process at a time declare groups."""
        with writing_errors(self.root / name):
            self.root.mkdir(parents=True, exist_ok=True)
            folder = os.open(self.root, os.O_RDONLY)
            try:
                fcntl.flock(folder, fcntl.LOCK_EX)
                yield
            finally:
                os.close(folder)


def _check_same(name: str, known: Definition, given: Definition) -> None:
    if known == given:
        return
    for what in ("record_id", "event_time"):
        if getattr(known, what) != getattr(given, what):
            raise InvalidInputError(
                f"the feature group {name} has '{getattr(known, what)}' as its "
                f"{what.replace('_', ' ')}, not '{getattr(given, what)}'"
            )
    differing = sorted(
        column
        for column in {*known.columns, *given.columns}
        if known.columns.get(column) != given.columns.get(column)
    )
    column = differing[0]
    raise InvalidInputError(
        f"the feature group {name} has the column '{column}' as "
        f"{known.columns.get(column, 'nothing')}, not as {given.columns.get(column, 'nothing')}; "
        "give another group"
    )
