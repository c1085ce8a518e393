"""Tokens of texts, found by a hash of the text: on the disk, in level memory.

A text has the same tokens wherever it stands, so neither keys nor an order of rows matter, and a
text that is not there is tokenized.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from bert_aas.features.tokens import INPUT_IDS, SEGMENT_IDS, TEXT, TEXT_PAIR, KeptTokens
from bert_aas.tables.arrow import batches, pa, parquet
from components.tfrecords import open_to_write, read_file
from models.preprocessing import TYPE_IDS, WORD_IDS

_HASHES, _ENDS = "hashes", "ends"
_LISTS = {WORD_IDS: INPUT_IDS, TYPE_IDS: SEGMENT_IDS}
"""What `models.preprocessing` makes, and what a feature group calls it."""

_HASH_BYTES = 8

Places: TypeAlias = npt.NDArray[np.int64]


class Tokens(NamedTuple):
    """Tokens of some texts, one text after the other.

    Attributes:
        lengths: Tokens of each text, `[n]`.
        values: By the names of `models.preprocessing`, for all tokens, `[sum(lengths)]`.
    """

    lengths: npt.NDArray[np.int64]
    values: dict[str, npt.NDArray[np.int32]]


def text_key(texts: Iterable[bytes | None]) -> bytes:
    """Hash the texts of a row.

    Args:
        texts: The text and, of a pair, the second one; a missing text is an empty one.

    Returns:
        8 bytes.
    """
    joined = b"\0".join([text or b"" for text in texts])
    return hashlib.blake2b(joined, digest_size=_HASH_BYTES).digest()


def write_index(kept: KeptTokens, pairs: bool, folder: str) -> None:
    """Write tokens where workers can look them up.

    Args:
        kept: Where they are.
        pairs: Whether they are those of pairs of texts.
        folder: An empty folder.
    """
    texts = [TEXT, TEXT_PAIR] if pairs else [TEXT]
    lists = _lists(pairs)
    hashes, lengths = [np.array([], np.uint64)], [np.array([], np.int64)]
    with ExitStack() as stack:
        opened = {name: stack.enter_context(open_to_write(f"{folder}/{name}")) for name in lists}
        for batch in _batches(kept, [*texts, *_LISTS.values()]):
            hashes.append(_hashes([batch.column(name) for name in texts]))
            lengths.append(batch.column(INPUT_IDS).value_lengths().to_numpy().astype(np.int64))
            for name, file in opened.items():
                file.write(batch.column(lists[name]).flatten().to_numpy().astype(np.int32))
    _write(f"{folder}/{_HASHES}", np.concatenate(hashes))
    _write(f"{folder}/{_ENDS}", np.cumsum(np.concatenate(lengths)))


def _lists(pairs: bool) -> dict[str, str]:
    return _LISTS if pairs else {WORD_IDS: INPUT_IDS}


def _batches(kept: KeptTokens, columns: list[str]) -> Iterator[Any]:
    """Read records; those that say that others are gone have no tokens, and are left out."""
    for path in kept.files:
        for batch in batches(parquet.ParquetFile(path), columns=columns):
            ids, types = (batch.column(name).value_lengths() for name in _LISTS.values())
            same = ids.fill_null(-1).to_numpy() == types.fill_null(-2).to_numpy()
            yield batch.filter(pa.array(same))


def _hashes(columns: Sequence[Any]) -> Any:
    texts = [column.cast(pa.binary()).to_pylist() for column in columns]
    return np.frombuffer(b"".join(map(text_key, zip(*texts, strict=True))), np.uint64)


def _write(path: str, values: Any) -> None:
    with open_to_write(path) as file:
        file.write(values)


class TokenIndex:
    """Looks tokens up."""

    def __init__(self, folder: str, pairs: bool) -> None:
        """Open what `write_index` wrote.

        Args:
            folder: Its folder; files of a disk stay there until they are used.
            pairs: As when it was written.
        """
        hashes = _opened(f"{folder}/{_HASHES}", np.uint64)
        self._order = np.argsort(hashes, kind="stable")
        self._hashes = hashes[self._order]
        self._ends = _opened(f"{folder}/{_ENDS}", np.int64)
        self._values = {name: _opened(f"{folder}/{name}", np.int32) for name in _lists(pairs)}

    def find(self, keys: Sequence[bytes]) -> Places:
        """Find texts.

        Args:
            keys: Their `text_key`.

        Returns:
            The place of each for `tokens`, `[n]`; -1 for those that are not there.
        """
        wanted = np.frombuffer(b"".join(keys), np.uint64)
        if not len(self._hashes):
            return np.full(len(wanted), -1)
        found = np.searchsorted(self._hashes, wanted) % len(self._hashes)
        return np.where(self._hashes[found] == wanted, self._order[found], -1)

    def tokens(self, places: Places) -> Tokens:
        """Read the tokens of texts that are there.

        Args:
            places: What `find` gave.

        Returns:
            The tokens.
        """
        starts = np.where(places > 0, self._ends[places - 1], 0)
        lengths = self._ends[places] - starts
        before = np.cumsum(lengths) - lengths
        at = np.arange(lengths.sum()) + np.repeat(starts - before, lengths)
        return Tokens(lengths, {name: values[at] for name, values in self._values.items()})


def _opened(path: str, kind: Any) -> Any:
    content = read_file(path) if "://" in path else None
    if content is None and Path(path).stat().st_size:
        return np.memmap(path, kind, "r")
    return np.frombuffer(content or b"", kind)
