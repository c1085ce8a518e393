"""The first pass over one file: its rows go to a folder of their own."""

import dataclasses
import json
import uuid
from collections.abc import Iterator

import apache_beam as beam
from tfx.dsl.io import fileio

from bert_aas.preparation.params import PreparationRules
from components.framed_records import FramedRecords, write_framed
from components.preparer.columns import RowColumns
from components.preparer.parts import ROWS, InputFile
from components.preparer.preparing.file_rows import FileRows


class PrepareFile(beam.DoFn):
    """Prepare the rows of one file; they never go through Beam, which is slower."""

    def __init__(self, rules: PreparationRules, columns: RowColumns, parts: str) -> None:
        """Remember what to do.

        Args:
            rules: The rules.
            columns: Which columns they are about.
            parts: Folder for files between the passes.
        """
        self._rules = rules
        self._columns = columns
        self._parts = parts

    def process(self, file: InputFile) -> Iterator[str]:
        """Write the rows to a folder of their own.

        Args:
            file: The file.

        Yields:
            The `Part` as JSON.
        """
        folder = f"{self._parts}/{uuid.uuid4().hex}"
        fileio.makedirs(folder)
        rows = FileRows(self._rules, self._columns)
        write_framed(f"{folder}/{ROWS}", rows.prepared(FramedRecords.read(file.path)))
        rows.save(folder)
        yield json.dumps(dataclasses.asdict(rows.part(file, folder)))
