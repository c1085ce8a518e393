"""What `bert-aas catalog` does: add, list, describe and remove tables."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from bert_aas.catalogue.adding import NewTable, add_table
from bert_aas.catalogue.names import FEATURES, LAST_RUN, MAIN, RUN_TABLES, TableName, run_number
from bert_aas.catalogue.sql.asking import Limits, asked
from bert_aas.catalogue.sql.spelling import quoted
from bert_aas.catalogue.types import given_type
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.file_errors import file_errors
from bert_aas.contracts.plain_text import printable_json
from bert_aas.tables.options import checked_options
from pipeline.console.messages import say
from pipeline.console.terminal import styled, wide_console
from pipeline.querying.asking import project_tables
from pipeline.querying.places import open_catalogue


def add_to_catalogue(
    name: str, path: str, types: Sequence[str], catalog: Path | None, **options: Any
) -> None:
    """Add a table, and say what it holds.

    Args:
        name: What SQL will call it.
        path: A file, a folder or a pattern.
        types: `column=type` of columns whose type is given.
        catalog: The file of the catalogue.
        **options: How to read it, and whether to replace one of this name.
    """
    read = checked_options(*(options.pop(key) for key in ("encoding", "separator", "quoting")))
    new = NewTable(name, path, dict(map(_typed, types)), read, **options)
    with file_errors():
        entry = add_table(new, open_catalogue(catalog))
    say(f"{entry.name}: {entry.rows:,} rows of {entry.path}")
    if entry.skipped:
        say(f"{entry.skipped:,} rows cannot be read and are left out")
    print_table(("Column", "Type"), entry.columns.items())


def list_tables(output_dirs: Sequence[str], catalog: Path | None, as_json: bool) -> None:
    """Print all that can be asked.

    Args:
        output_dirs: The output folders of runs.
        catalog: The file of the catalogue.
        as_json: Print JSON for programs.
    """
    with file_errors():
        providers = project_tables(catalog, output_dirs)
        found = [one for provider in providers for one in provider.offered()]
    if as_json:
        say(printable_json([_listed(one.name, one.kind, one.summary) for one in found]))
    elif found:
        print_table(
            ("Name", "Kind", "What"), ((str(one.name), one.kind, one.summary) for one in found)
        )
    else:
        say("nothing can be asked yet; `bert-aas catalog add NAME PATH` gives a table a name")


def describe_table(
    name: str, output_dirs: Sequence[str], catalog: Path | None, as_json: bool
) -> None:
    """Print the columns of a table.

    Args:
        name: Its name in SQL.
        output_dirs: The output folders of runs.
        catalog: The file of the catalogue.
        as_json: Print JSON for programs.

    Raises:
        InvalidInputError: If there is no such table.
    """
    if _is_catalogued(name):
        entry = open_catalogue(catalog).find(name)
        if as_json:
            say(printable_json(entry.model_dump(mode="json")))
            return
        facts = {"path": entry.path, "format": entry.format, "rows": f"{entry.rows:,}"}
        facts |= {"left out": f"{entry.skipped:,}"} if entry.skipped else {}
        print_table(("", ""), ({"name": entry.name} | facts | {"added": entry.added}).items())
        print_table(("Column", "Type"), entry.columns.items())
        return
    schema, _, table = name.rpartition(".")
    query = f"FROM {quoted(schema or MAIN)}.{quoted(table)} LIMIT 0"
    with file_errors(), asked(query, project_tables(catalog, output_dirs), Limits()) as found:
        columns = dict(zip(found.columns, found.types, strict=True))
    if as_json:
        say(printable_json({"name": name, "columns": columns}))
    else:
        print_table(("Column", "Type"), columns.items())


def remove_table(name: str, catalog: Path | None) -> None:
    """Forget a table.

    Args:
        name: Its name.
        catalog: The file of the catalogue.
    """
    open_catalogue(catalog).remove(name)
    say(f"{name} is no longer in the catalogue; its files are as they were")


def _typed(text: str) -> tuple[str, str]:
    column, sign, kind = text.rpartition("=")
    if not (column and sign):
        raise InvalidInputError(f"--type is '{text}'; give COLUMN=TYPE, e.g. stars=integer")
    given_type(kind)
    return column, kind


def _is_catalogued(name: str) -> bool:
    schema, _, table = name.casefold().rpartition(".")
    if schema in {"", MAIN}:
        return table not in RUN_TABLES
    return schema not in {LAST_RUN, FEATURES} and run_number(schema) is None


def _listed(name: TableName, kind: str, summary: str) -> Mapping[str, str]:
    return {"name": str(name), "kind": kind, "summary": summary}


def print_table(titles: Sequence[str], rows: Any) -> None:
    """Print rows under titles.

    Args:
        titles: One for each column; none is shown if all are empty.
        rows: The cells of each row.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), show_header=any(titles))
    for title in titles:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*map(styled, row))
    wide_console().print(table)
