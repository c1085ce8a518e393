"""The files between the two passes: prepared rows, what is known of them, what was decided.

Each file of the input has a folder; a retried bundle writes another one.
"""

import dataclasses
import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from components.tfrecords import open_to_write, read_file

ROWS = "rows"
"""TFRecord of all rows, prepared."""

Arrays = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class InputFile:
    """A file of the input.

    Attributes:
        number: Its place among all.
        split: Its split.
        path: Where it is.
    """

    number: int
    split: str
    path: str


@dataclasses.dataclass(frozen=True)
class Part:
    """What the first pass made of a file.

    Attributes:
        file: The file.
        folder: Where its rows are now.
        rows: How many.
        columns: Names of its features.
        classes: Labels after the map, by their numbers in the arrays.
        labels_before: Rows by label as read.
        changed: Rows by the rule that changed them.
        examples: By rule some of these rows, each with the hash of its key first.
    """

    file: InputFile
    folder: str
    rows: int
    columns: tuple[str, ...]
    classes: tuple[str, ...]
    labels_before: Mapping[str, int]
    changed: Mapping[str, int]
    examples: Mapping[str, list[list[Any]]]

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> "Part":
        """Read what `dataclasses.asdict` wrote, from JSON.

        Args:
            given: The fields.

        Returns:
            The part.
        """
        return cls(
            **{
                **given,
                "file": InputFile(**given["file"]),
                "columns": tuple(given["columns"]),
                "classes": tuple(given["classes"]),
            }
        )


def save_array(path: str, array: Any) -> None:
    """Write an array.

    Args:
        path: A path or a URI.
        array: The array.
    """
    content = io.BytesIO()
    np.save(content, array, allow_pickle=False)
    with open_to_write(path) as file:
        file.write(content.getbuffer())


def load_array(path: str) -> Any:
    """Open an array; a local one stays on the disk until it is used.

    Args:
        path: A path or a URI.

    Returns:
        The array.
    """
    if "://" in path:
        return np.load(io.BytesIO(read_file(path)), allow_pickle=False)
    return np.load(path, mmap_mode="r", allow_pickle=False)
