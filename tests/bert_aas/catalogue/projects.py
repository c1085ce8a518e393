"""Catalogues and questions for tests."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bert_aas.catalogue.adding import NewTable, add_table
from bert_aas.catalogue.catalogued import CataloguedTables
from bert_aas.catalogue.contents import Provider
from bert_aas.catalogue.entries import TableEntry
from bert_aas.catalogue.sql.asking import Limits, asked
from bert_aas.catalogue.store import Catalogue

LIMITS = Limits("500MB", 60)


def catalogue_in(folder: Path) -> Catalogue:
    return Catalogue(folder / ".bert-aas" / "catalog.json")


def add(folder: Path, name: str, path: str, types: Mapping[str, str] | None = None) -> TableEntry:
    return add_table(NewTable(name, str(folder / path), types or {}), catalogue_in(folder))


def ask(folder: Path, query: str, **options: Any) -> list[tuple[Any, ...]]:
    return rows_of([CataloguedTables(catalogue_in(folder))], query, **options)


def rows_of(providers: Sequence[Provider], query: str, **options: Any) -> list[tuple[Any, ...]]:
    with asked(query, providers, options.pop("limits", LIMITS), **options) as answer:
        return list(answer.rows())
