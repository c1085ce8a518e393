"""The file of the catalogue: read as a whole, replaced as a whole, by one writer at a time."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from bert_aas.catalogue.entries import CatalogueFile, TableEntry
from bert_aas.catalogue.names import alike, table_name
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.atomic import write_text
from bert_aas.contracts.files.opened_files import writing_errors

FOLDER = ".bert-aas"
FILE = "catalog.json"
_VERSION = 1


class Catalogue:
    """The tables of a project.

    Example:
        >>> Catalogue(Path(".bert-aas/catalog.json")).tables()
        {}
    """

    def __init__(self, file: Path) -> None:
        """Take the place of the file, which need not be there.

        Args:
            file: The file.
        """
        self.file = file.absolute()

    @property
    def project(self) -> Path:
        """The folder that paths of the catalogue are relative to."""
        folder = self.file.parent
        return folder.parent if folder.name == FOLDER else folder

    def tables(self) -> Mapping[tuple[str, str], TableEntry]:
        """Read all tables.

        Returns:
            Their entries by the key of their name, sorted.

        Raises:
            InvalidInputError: If the file is damaged or of a later release.
        """
        try:
            content = self.file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as exc:
            reason = getattr(exc, "strerror", None) or "it is not UTF-8"
            raise InvalidInputError(f"the catalogue {self.file} cannot be read: {reason}") from exc
        try:
            found = CatalogueFile.model_validate_json(content)
        except ValidationError as exc:
            raise InvalidInputError(
                f"the catalogue {self.file} is damaged, or a later release wrote it "
                f"({exc.errors()[0]['msg']}); remove the file and add its tables again"
            ) from exc
        entries = {table_name(entry.name).key: entry for entry in found.tables}
        return dict(sorted(entries.items()))

    def find(self, name: str) -> TableEntry:
        """Find a table.

        Args:
            name: Its name.

        Returns:
            The entry.

        Raises:
            InvalidInputError: If there is none.
        """
        known = self.tables()
        found = known.get(table_name(name).key)
        if found is None:
            raise InvalidInputError(self._unknown(name, known))
        return found

    def add(self, entry: TableEntry, *, replace: bool) -> None:
        """Add a table.

        Args:
            entry: The table.
            replace: Whether one of this name may be there.

        Raises:
            InvalidInputError: If there is one, or the file cannot be written.
        """
        key = table_name(entry.name).key
        with self._changed() as tables:
            if key in tables and not replace:
                raise InvalidInputError(taken(entry.name))
            tables[key] = entry

    def remove(self, name: str) -> None:
        """Remove a table; its files stay.

        Args:
            name: Its name.

        Raises:
            InvalidInputError: If there is none, or the file cannot be written.
        """
        with self._changed() as tables:
            if tables.pop(table_name(name).key, None) is None:
                raise InvalidInputError(self._unknown(name, tables))

    @contextmanager
    def _changed(self) -> Iterator[dict[tuple[str, str], TableEntry]]:
        """Yield the tables; what is changed of them is written when the block ends well."""
        with writing_errors(self.file):
            self.file.parent.mkdir(parents=True, exist_ok=True)
            folder = os.open(self.file.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            tables = dict(self.tables())
            yield tables
            content = CatalogueFile(version=_VERSION, tables=tuple(tables.values()))
            with writing_errors(self.file):
                write_text(self.file, content.model_dump_json(indent=2) + "\n")
        finally:
            os.close(folder)

    def _unknown(self, name: str, known: Mapping[tuple[str, str], TableEntry]) -> str:
        names = [entry.name for entry in known.values()]
        return f"the catalogue {self.file} has no table {name}{alike(name, names)}"


def taken(name: str) -> str:
    """Say that a name is taken."""
    return f"there is a table {name} already; take another name, or replace it (--replace)"
