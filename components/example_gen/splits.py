"""Decide each row's split by a hash of its text, so that one text never lands in two splits."""

import hashlib
from array import array
from bisect import bisect_right
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from pydantic import Field

from components.example_gen.batches import RowBatch
from components.example_gen.params import DataParams, SplitFractions
from components.example_gen.records import Value
from models.params import FrozenParams

SPLITS = ("train", "eval", "test")
_HASHES = 2**64


class SplitPlan(FrozenParams):
    """Where the hash range is cut; a hash below the first cut is train, below the second eval.

    Attributes:
        cuts: The two cuts of classes that have none of their own.
        class_cuts: When stratified, two cuts for each label.
        owners: Of a text (its hash) that occurs with several labels: whose cuts count.
        rows: How many rows each split will have.
    """

    cuts: tuple[int, int]
    class_cuts: dict[str, tuple[int, int]] = Field(default_factory=dict)
    owners: dict[int, str] = Field(default_factory=dict)
    rows: dict[str, int]

    def split_of(self, text_hash: int, label: str) -> str:
        """Name the split of a row: `train`, `eval` or `test`."""
        owner = self.owners.get(text_hash, label)
        return SPLITS[bisect_right(self.class_cuts.get(owner, self.cuts), text_hash)]


def text_hashes(batch: RowBatch, params: DataParams) -> list[int]:
    """Hash what decides each row's split.

    Args:
        batch: The rows.
        params: Names the text and pair columns.

    Returns:
        For each row the first 8 bytes of the SHA-256 of text and pair, outer white space cut off.
        Rows with neither are told apart by their number, lest all of them land in one split.
    """
    texts = _stripped(batch.column(params.text_column))
    if params.text_pair_column:
        pairs = _stripped(batch.column(params.text_pair_column))
        both = zip(texts, pairs, strict=True)
        texts = [f"{text}\0{pair}" if text or pair else "" for text, pair in both]
    if not all(texts):
        numbered = zip(texts, batch.numbers, strict=True)
        texts = [text or f"\0{batch.file}:{number}" for text, number in numbered]
    return [int.from_bytes(_hash(text), "big") for text in texts]


def order_hashes(batch: RowBatch) -> list[bytes]:
    """Hash each row's place in the data: sorting by it shuffles rows, each time the same way."""
    return [_hash(f"{batch.file}:{number}") for number in batch.numbers]


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:8]


def _stripped(values: Sequence[Value]) -> list[str]:
    return [str(value or "").strip() for value in values]


def plan_splits(hashes: Mapping[str, "array[int]"], params: DataParams) -> SplitPlan:
    """Cut the hash range by the fractions: as a whole, or per class when stratified.

    Not stratified, a text's split depends on the text alone: rows added later move none.

    Args:
        hashes: Text hashes of all rows by label.
        params: Fractions, and whether to stratify.

    Returns:
        The plan.
    """
    fractions = params.splits
    cuts = (_cut(fractions.train), _cut(fractions.train + fractions.eval))
    if params.stratify:
        return _plan_by_class(hashes, fractions, cuts)
    counts = np.zeros(len(SPLITS), np.int64)
    for values in hashes.values():
        counts += _rows_between(np.frombuffer(values, np.uint64), None, cuts)
    return SplitPlan(cuts=cuts, rows=_by_split(counts))


def _cut(fraction: float) -> int:
    return min(_HASHES - 1, round(fraction * _HASHES))


def _plan_by_class(
    hashes: Mapping[str, "array[int]"], fractions: SplitFractions, cuts: tuple[int, int]
) -> SplitPlan:
    """Give each text to the first of its labels (in sorted order), then cut class by class."""
    labels = sorted(hashes)
    texts, owner, weight, shared = _unique_texts([hashes[label] for label in labels])
    counts = np.zeros(len(SPLITS), np.int64)
    class_cuts: dict[str, tuple[int, int]] = {}
    for index, label in enumerate(labels):
        mine = owner == index
        if not mine.any():
            continue
        class_cuts[label] = _cuts_of(texts[mine], weight[mine], fractions)
        counts += _rows_between(texts[mine], weight[mine], class_cuts[label])
    owners = {int(texts[i]): labels[owner[i]] for i in np.flatnonzero(shared)}
    return SplitPlan(cuts=cuts, class_cuts=class_cuts, owners=owners, rows=_by_split(counts))


def _unique_texts(
    hashes: list["array[int]"],
) -> tuple[
    npt.NDArray[np.uint64], npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.bool_]
]:
    """Return each text's hash (ascending), first class, row count, and if it has more classes."""
    values = np.concatenate([np.frombuffer(part, np.uint64) for part in hashes])
    classes = np.repeat(np.arange(len(hashes)), [len(part) for part in hashes])
    order = np.lexsort((classes, values))
    values, classes = values[order], classes[order]
    texts, first, weight = np.unique(values, return_index=True, return_counts=True)
    last = first + weight - 1
    return texts, classes[first], weight, classes[last] != classes[first]


def _cuts_of(
    texts: npt.NDArray[np.uint64], weight: npt.NDArray[np.int64], fractions: SplitFractions
) -> tuple[int, int]:
    """Cut so that the rows below come as near to the wanted share as whole texts allow."""
    below = np.concatenate([[0], np.cumsum(weight)])
    cuts = []
    for share in (fractions.train, fractions.train + fractions.eval):
        nearest = int(np.argmin(np.abs(below - share * below[-1])))
        cuts.append(int(texts[nearest]) if nearest < len(texts) else _HASHES - 1)
    return cuts[0], cuts[1]


def _rows_between(
    texts: npt.NDArray[np.uint64],
    weight: npt.NDArray[np.int64] | None,
    cuts: tuple[int, int],
) -> npt.NDArray[np.int64]:
    split = np.searchsorted(np.array(cuts, np.uint64), texts, side="right")
    return np.bincount(split, weights=weight, minlength=len(SPLITS)).astype(np.int64)


def _by_split(counts: npt.NDArray[np.int64]) -> dict[str, int]:
    return {split: int(count) for split, count in zip(SPLITS, counts, strict=True)}
