"""Judge the labels of the train split: their texts are read once more, and held in memory."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tfx.dsl.io import fileio

from bert_aas.preparation.comparing.facts import Places
from bert_aas.preparation.label_errors import LabelError, find_label_errors
from bert_aas.preparation.params import PreparationRules
from bert_aas.preparation.summary import EXCERPT, LabelErrorExample, LabelErrors
from components.example_features import first_bytes, split_features
from components.preparer.columns import RowColumns
from components.preparer.parts import ROWS, Part
from components.tfrecords import read_tfrecord_file

_MAX_LISTED = 20


class _Row(NamedTuple):
    key: str
    text: str
    label: str


class LabelJudge:
    """Finds the rows whose label is probably wrong, and remembers what they are.

    Attributes:
        found: These rows, the most suspicious first.
    """

    def __init__(self, parts: Sequence[Part], columns: RowColumns, rules: PreparationRules) -> None:
        """Remember where rows are.

        Args:
            parts: All parts, in the order of their files.
            columns: Which columns hold text, pair, label and key.
            rules: The rules.
        """
        self.found: list[LabelErrorExample] = []
        self._parts = parts
        self._columns = columns
        self._rules = rules

    def __call__(self, places: Places) -> list[LabelError]:
        """Judge rows.

        Args:
            places: Their places among the rows of all parts.

        Returns:
            Those whose label is probably wrong, with their places.
        """
        rows = self._read(set(places.tolist()))
        judged = [rows[place] for place in places.tolist()]
        errors = find_label_errors(
            [row.text for row in judged], [row.label for row in judged], self._rules.seed
        )
        self.found = [_described(error, judged[error.place]) for error in errors]
        return [error._replace(place=int(places[error.place])) for error in errors]

    def _read(self, wanted: set[int]) -> Mapping[int, _Row]:
        rows: dict[int, _Row] = {}
        start = 0
        for part in self._parts:
            if not wanted.isdisjoint(range(start, start + part.rows)):
                records = enumerate(read_tfrecord_file(f"{part.folder}/{ROWS}"), start)
                rows |= {place: self._row(each) for place, each in records if place in wanted}
            start += part.rows
        return rows

    def _row(self, record: bytes) -> _Row:
        features = split_features(record)
        names = self._columns

        def text(name: str) -> str:
            return (first_bytes(features.get(name)) or b"").decode()

        texts = [text(name) for name in (names.text, names.text_pair) if name]
        return _Row(text(names.row_key), " ".join(texts), text(names.label))

    def summary(self) -> LabelErrors:
        """Sum up; the most suspicious rows are listed, unless no text may be shown."""
        return LabelErrors(
            rows=len(self.found),
            dropped=self._rules.label_errors == "drop",
            examples=tuple(self.found[:_MAX_LISTED]) if self._rules.examples else (),
        )

    def write(self, path: str) -> None:
        """Write all rows that were found, the most suspicious first.

        Args:
            path: The CSV file to make.
        """
        lines = io.StringIO()
        writer = csv.DictWriter(lines, [*LabelErrorExample.model_fields], lineterminator="\n")
        writer.writeheader()
        writer.writerows(error.model_dump() for error in self.found)
        with fileio.open(path, "w") as file:
            file.write(lines.getvalue())


def _described(error: LabelError, row: _Row) -> LabelErrorExample:
    return LabelErrorExample(
        key=row.key,
        given=error.given,
        suggested=error.suggested,
        score=round(error.score, 4),
        text=row.text[:EXCERPT],
    )
