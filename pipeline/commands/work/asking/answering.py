"""What `bert-aas sql` does: ask, and show or write the rows."""

import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from bert_aas.catalogue.sql.asking import Answer, Limits, asked
from bert_aas.catalogue.sql.writing import field, format_of_file, write_answer
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.file_errors import file_errors
from bert_aas.contracts.files.opened_files import opened_file
from pipeline.console.messages import say
from pipeline.console.terminal import styled, wide_console
from pipeline.querying.asking import project_tables

_SHOWN_ROWS = 100
_SHOWN_CHARACTERS = 200


@dataclass(frozen=True)
class Shown:
    """How an answer is shown or written.

    Attributes:
        file_format: The format; by default a table, or what the file's name says.
        output: The file to write.
    """

    file_format: str | None = None
    output: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be, before any work."""
        if self.file_format == "table" and self.output:
            raise InvalidInputError("--format table is for the terminal; leave --output out")
        if self.file_format == "parquet" and not self.output:
            raise InvalidInputError("--format parquet needs a file (--output)")
        _ = self.chosen

    @property
    def chosen(self) -> str:
        """The format of what is shown or written."""
        if self.file_format or not self.output:
            return self.file_format or "table"
        return format_of_file(self.output)


@dataclass(frozen=True)
class Question:
    """What the user asked for.

    Attributes:
        query: The query.
        file_format: How to show or write the rows; by default a table, or what the file's name
            says.
        output: The file to write.
        dialect: The SQL of the query.
        catalog: The file of the catalogue.
        output_dirs: The output folders of runs.
        memory_limit: A size with its unit.
        timeout: Seconds.
    """

    query: str
    file_format: str | None = None
    output: Path | None = None
    dialect: str = "duckdb"
    catalog: Path | None = None
    output_dirs: Sequence[str] = ()
    memory_limit: str = "2GB"
    timeout: float = 600.0


def answer(question: Question) -> None:
    """Ask a query, and show or write its rows.

    Args:
        question: What the user asked for.

    Raises:
        InvalidInputError: If it cannot be answered.
    """
    shown = Shown(question.file_format, question.output)
    limits = Limits(question.memory_limit, question.timeout)
    providers = project_tables(question.catalog, question.output_dirs)
    with file_errors(), asked(question.query, providers, limits, question.dialect) as found:
        show_or_write(found, shown)


def show_or_write(found: Answer, shown: Shown) -> None:
    """Print rows, or write them to a file.

    Args:
        found: The rows.
        shown: How.
    """
    if shown.chosen == "table":
        show(found)
    elif shown.output is None:
        write_answer(found, shown.chosen, sys.stdout.buffer)
    else:
        with opened_file(shown.output) as stream:
            write_answer(found, shown.chosen, stream)


def show(found: Answer) -> None:
    """Print rows as a table.

    Args:
        found: The rows.
    """
    console = wide_console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, kind in zip(found.columns, found.types, strict=True):
        justify = "right" if _is_number(kind) else "left"
        table.add_column(styled(name), justify=justify, overflow="fold")  # type: ignore[arg-type]
    rows = found.rows()
    for row in itertools.islice(rows, _SHOWN_ROWS):
        table.add_row(*(styled(_shown(cell)) for cell in map(field, row, found.columns)))
    console.print(table)
    if next(rows, None) is not None:
        say(f"the first {_SHOWN_ROWS} rows; --format csv or --output gives all", error=True)


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"


def _is_number(kind: str) -> bool:
    return kind.endswith(("INT", "INTEGER", "DOUBLE", "FLOAT")) or kind.startswith("DECIMAL")
