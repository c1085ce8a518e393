"""Some records of a file: what stands where in them, and what they become."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from bert_aas.preparation.texts.plain import Flags, PlainTexts
from components.example_features import joined_entries
from components.feature_places import find_columns
from components.framed_records import FramedRecords, Places
from components.tfrecords import FRAME_HEAD, FRAME_TAIL, framed


class RowBatch:
    """Some records, of which most stay as they are.

    Attributes:
        texts: For each column of texts its values, UTF-8.
        labels: The labels, UTF-8.
        keys: The rows' keys, UTF-8.
    """

    def __init__(self, records: FramedRecords, names: Sequence[str], texts: int) -> None:
        """Find the columns.

        Args:
            records: The records.
            names: The columns that are looked for: of texts, the label, the key, others.
            texts: How many columns of texts there are.
        """
        self._records = records
        content = self._content = records.content
        columns = find_columns(content, records.starts, records.ends, names)
        self._bodies = columns.bodies
        self._found = columns.found
        self._text_columns = columns.found[:texts]
        self.texts = [column.values(content) for column in self._text_columns]
        self.labels, self.keys = (
            column.values(content) for column in columns.found[texts : texts + 2]
        )
        self._new: dict[int, bytes] = {}

    def plain(self, look: PlainTexts) -> Flags:
        """Tell which rows have plain texts.

        Args:
            look: Knows them.

        Returns:
            bool `[n]`.
        """
        looks = [look(self._content, each.starts, each.ends) for each in self._text_columns]
        found: Flags = np.logical_and.reduce(looks)
        return found

    def bytes_of_texts(self) -> Places:
        """Return how many bytes the texts of each row have together, `[n]`."""
        sizes: Places = np.sum([each.ends - each.starts for each in self._text_columns], axis=0)
        return sizes

    def change(self, row: int, entries: Mapping[int, bytes]) -> None:
        """Give a row other features, in ascending order of rows; else its bytes stay.

        Args:
            row: Its place.
            entries: The entry in place of each column's, by the column's place among the names;
                empty: the column goes.
        """
        columns = ((self._found[place], entry) for place, entry in entries.items())
        places = sorted(
            (int(column.entry_starts[row]), int(column.entry_ends[row]), entry)
            for column, entry in columns
        )
        kept, place = [], int(self._bodies[row])
        for start, end, entry in places:
            if end:  # else the row lacks the column
                kept += [self._content[place:start], entry]
                place = end
        kept.append(self._content[place : int(self._records.ends[row])])
        self._new[row] = joined_entries(kept)

    def framed(self) -> bytes:
        """Return all records after the changes, in their frames."""
        return b"".join(self._parts())

    def _parts(self) -> Iterator[bytes | memoryview]:
        content = memoryview(self._content)
        place = int(self._records.starts[0]) - FRAME_HEAD
        for row, new in zip(self._new, framed([*self._new.values()]), strict=True):
            yield content[place : int(self._records.starts[row]) - FRAME_HEAD]
            yield new
            place = int(self._records.ends[row]) + FRAME_TAIL
        yield content[place : int(self._records.ends[-1]) + FRAME_TAIL]
