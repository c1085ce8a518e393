"""What `bert-aas features` does."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bert_aas.catalogue.adding import NewTable, look_at
from bert_aas.catalogue.catalogued import content_of
from bert_aas.catalogue.sql.asking import Limits
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.file_errors import file_errors
from bert_aas.contracts.plain_text import printable_json
from bert_aas.features.feast_export import export_to_feast
from bert_aas.features.reading import Join, Reading, joined, read_group
from bert_aas.features.sources import NewRecords, delete, ingest_table
from bert_aas.tables.options import checked_options
from pipeline.commands.work.asking.answering import Shown, show_or_write
from pipeline.commands.work.data.cataloguing import print_table
from pipeline.console.messages import say
from pipeline.querying.places import open_features


def list_groups(store: Path | None, as_json: bool) -> None:
    """Print the groups.

    Args:
        store: Their folder.
        as_json: Print JSON for programs.
    """
    with file_errors():
        groups = open_features(store).groups()
    if as_json:
        say(printable_json([group.model_dump(mode="json") for group in groups]))
    elif groups:
        rows = (
            (group.name, str(len(group.versions)), *_keys(group.versions[-1].definition))
            for group in groups
        )
        print_table(("Group", "Versions", "Record id", "Event time", "Features"), rows)
    else:
        say("there are no feature groups yet; `bert-aas features ingest GROUP FILE` makes one")


def describe_group(group: str, version: int | None, store: Path | None, as_json: bool) -> None:
    """Print the columns of a group.

    Args:
        group: Its name.
        version: Its number.
        store: The folder of the groups.
        as_json: Print JSON for programs.
    """
    opened = open_features(store)
    found = opened.group(group)
    chosen = found.version(version)
    definition = chosen.definition
    batches = opened.batches(found.name, chosen)
    if as_json:
        facts = {"name": found.name, "batches": len(batches)} | chosen.model_dump(mode="json")
        say(printable_json(facts))
        return
    roles = {definition.record_id: "record id", definition.event_time: "event time"}
    counted = "1 batch" if len(batches) == 1 else f"{len(batches):,} batches"
    say(f"{found.name}, version {chosen.number}: {counted}")
    rows = ((name, kind, roles.get(name, "")) for name, kind in definition.columns.items())
    print_table(("Column", "Type", ""), rows)


def read_records(
    store: Path | None, file_format: str | None, output: Path | None, **options: Any
) -> None:
    """Print or write the records of a group.

    Args:
        store: The folder of the groups.
        file_format: How to show them.
        output: The file to write.
        **options: What to read.
    """
    shown = Shown(file_format, output)
    with file_errors(), read_group(open_features(store), Reading(**options), Limits()) as found:
        show_or_write(found, shown)


def ingest_file(types: Sequence[str], store: Path | None, **options: Any) -> None:
    """Write a table into a group.

    Args:
        types: `column=type` of features whose type is given.
        store: The folder of the groups.
        **options: The table, and how to read it.
    """
    read = checked_options(*(options.pop(key) for key in ("encoding", "separator", "quoting")))
    given = dict(_pair(text, "--type", "COLUMN=TYPE") for text in types)
    with file_errors():
        new = NewRecords(**options, types=given, options=read)
        written = ingest_table(open_features(store), new)
    place = f"{new.group}, version {written.version.number}"
    if written.is_new:
        say(f"{place}: {written.rows:,} records written")
    else:
        say(f"{place}: these {written.rows:,} records were written before (--batch gives an id)")


def delete_records(group: str, ids: Sequence[str], at: str | None, store: Path | None) -> None:
    """Say of records that they are gone.

    Args:
        group: Name of the group.
        ids: Their ids.
        at: The time.
        store: The folder of the groups.
    """
    with file_errors():
        written = delete(open_features(store), group, list(ids), at)
    say(f"{group}: {written.rows:,} records are marked as deleted")


def join_file(
    path: str,
    time: str,
    joins: Sequence[str],
    store: Path | None,
    file_format: str | None,
    output: Path | None,
) -> None:
    """Put features beside the rows of a file.

    Args:
        path: The file.
        time: The column of its times.
        joins: `group=column` for each group.
        store: The folder of the groups.
        file_format: How to show the rows.
        output: The file to write.

    Raises:
        InvalidInputError: If the file has no such column.
    """
    shown, here = Shown(file_format, output), Path.cwd()
    pairs = [_pair(text, "--with", "GROUP=COLUMN") for text in joins]
    with file_errors():
        entry = look_at(NewTable("given_rows", path), here)
        for column in (time, *(column for _, column in pairs)):
            if column not in entry.columns:
                listed = ", ".join(entry.columns)
                raise InvalidInputError(
                    f"'{path}' has no column '{column}'; its columns are {listed}"
                )
        sides = [Join(group, column) for group, column in pairs]
        rows = content_of(entry, here)
        with joined(open_features(store), rows, time, sides, Limits()) as found:
            show_or_write(found, shown)


def _keys(definition: Any) -> tuple[str, str, str]:
    return definition.record_id, definition.event_time, ", ".join(definition.features)


def _pair(text: str, option: str, form: str) -> tuple[str, str]:
    first, sign, second = text.partition("=")
    if not (first and sign and second):
        raise InvalidInputError(f"{option} is '{text}'; give {form}")
    return first, second


def export_groups(
    groups: Sequence[str], file_format: str, output: Path, store: Path | None
) -> None:
    """Write a feature repository.

    Args:
        groups: Names of groups; all if there is none.
        file_format: `feast`.
        output: Its folder.
        store: The folder of the groups.
    """
    del file_format  # there is one so far
    with file_errors():
        names = export_to_feast(open_features(store), groups, output, Limits())
    say(f"{', '.join(names)}: written to {output}; `feast apply` there takes them")
