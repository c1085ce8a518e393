"""Decide each row's split by a hash of its text or of its group, by its time, or by its name.

Equal texts or groups never land in two splits. Whatever decides is one number for each row, and a
plan says where the numbers are cut.
"""

import hashlib
from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import Field

from bert_aas.contracts.params import FrozenParams
from bert_aas.tables.times import read_time, spelt_time
from bert_aas.tables.values import Value, spelt_label
from components.example_gen.params import DataParams, SplitFractions
from components.example_gen.reading.batches import RowBatch
from components.example_gen.splitting.label_counts import LabelCounts, RowsBySplit

SPLITS = ("train", "eval", "test")
_HASHES = 2**64
_EPOCH = 2**63
"""The number that stands for 1970; others are as many microseconds above or below it."""

Hashes: TypeAlias = npt.NDArray[np.uint64]
"""One for each row of some; where rows are split by time, their times."""


class SplitPlan(FrozenParams):
    """Where the range is cut; a number below the first cut is train, below the second eval.

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

    def places_of(self, hashes: Hashes, labels: Iterable[str]) -> npt.NDArray[np.intp]:
        """Give the splits of some rows.

        Args:
            hashes: Their `split_keys`, shape [n].
            labels: Their labels, n of them.

        Returns:
            For each row its split's place in `SPLITS`, shape [n].
        """
        if not self.class_cuts:
            return _places(hashes, self.cuts)
        rows = zip(hashes.tolist(), labels, strict=True)
        return np.array([self._place_of(value, label) for value, label in rows], np.intp)

    def _place_of(self, text_hash: int, label: str) -> int:
        owner = self.owners.get(text_hash, label)
        return bisect_right(self.class_cuts.get(owner, self.cuts), text_hash)


def split_keys(batch: RowBatch, params: DataParams) -> Hashes:
    """Give what decides each row's split.

    Args:
        batch: The rows; if they are split by time or by name, each has one.
        params: Names the columns.

    Returns:
        The hashes of texts or groups, times, or places of splits; shape [rows].
    """
    if params.deciding.time:
        times = batch.column(params.deciding.time)
        known = {time: (read_time(time) or 0) + _EPOCH for time in set(times)}
        return np.array([known[time] for time in times], np.uint64)
    if params.deciding.split:
        names = batch.column(params.deciding.split)
        places = np.array([SPLITS.index(str(name)) for name in names], np.uint64)
        return _with_missing(places, batch, params)
    if params.deciding.group:
        return _group_hashes(batch, params, params.deciding.group)
    return text_hashes(batch, params)


def _with_missing(places: Hashes, batch: RowBatch, params: DataParams) -> Hashes:
    """Cut splits that no files are given for off the train rows, by the hash of the text."""
    given = params.split_files.given
    missing = [split for split in SPLITS if split not in given]
    if not given or not missing:
        return places
    shares = [getattr(params.splits, split) if split in missing else 0.0 for split in SPLITS[1:]]
    cuts = _cut(1 - sum(shares)), _cut(1 - shares[1])
    cut_off = _places(text_hashes(batch, params), cuts).astype(np.uint64)
    return np.where(places == 0, cut_off, places)


def _group_hashes(batch: RowBatch, params: DataParams, column: str) -> Hashes:
    """Hash groups as labels are spelt: 7 and 7.0 are one; where there is none, take the text."""
    groups = _stripped([spelt_label(value) for value in batch.column(column)])
    hashes = _hashed(groups)
    if all(groups):
        return hashes
    return np.where([bool(group) for group in groups], hashes, text_hashes(batch, params))


def text_hashes(batch: RowBatch, params: DataParams) -> Hashes:
    """Hash the texts.

    Args:
        batch: The rows.
        params: Names the text and pair columns.

    Returns:
        For each row the first 8 bytes of the SHA-256 of text and pair, outer white space cut off;
        shape [rows]. Rows with neither are told apart by their number, lest all of them land in
        one split.
    """
    texts = _stripped(batch.column(params.text_column))
    if params.text_pair_column:
        pairs = _stripped(batch.column(params.text_pair_column))
        both = zip(texts, pairs, strict=True)
        texts = [f"{text}\0{pair}" if text or pair else "" for text, pair in both]
    if not all(texts):
        numbered = zip(texts, batch.numbers, strict=True)
        texts = [text or f"\0{batch.file}:{number}" for text, number in numbered]
    return _hashed(texts)


def _hashed(texts: Iterable[str]) -> Hashes:
    digests = [hashlib.sha256(text.encode()).digest() for text in texts]
    first_of_four = np.frombuffer(b"".join(digests), ">u8")[:: hashlib.sha256().digest_size // 8]
    return first_of_four.astype(np.uint64)


def _stripped(values: Sequence[Value]) -> list[str]:
    return [str(value or "").strip() for value in values]


class SplitPlanner:
    """Cuts the range of hashes by the fractions, as a whole or per class when stratified; or times.

    Not stratified, a row's split depends on the row alone: it is known before any other row is,
    and rows added later do not move it. Memory: stratified, 8 bytes per row.
    """

    def __init__(self, params: DataParams) -> None:
        """Start with no rows.

        Args:
            params: Fractions, and whether to stratify.
        """
        self._fractions = params.splits
        self._cuts = _cuts(params)
        self._by_time = params.deciding.time is not None
        self._by_class: dict[str, array[int]] | None = {} if params.stratify else None
        self._counts = LabelCounts()
        self._ends = np.array([], np.uint64)

    def add(self, hashes: Hashes, labels: Iterable[str]) -> None:
        """Take rows into account.

        Args:
            hashes: Their `split_keys`, shape [n].
            labels: Their labels, n of them.
        """
        self._stretch(hashes)
        if self._by_class is None:
            self._counts.add(labels, _places(hashes, self._cuts))
            return
        added = defaultdict(list)
        for label, value in zip(labels, hashes.tolist(), strict=True):
            added[label].append(value)
        self._extend(added)

    def merge(self, other: "SplitPlanner") -> None:
        """Take the rows of another planner into account."""
        self._counts.merge(other._counts)
        self._stretch(other._ends)
        self._extend(other._by_class or {})

    def _extend(self, added: Mapping[str, Iterable[int]]) -> None:
        for label, values in added.items():
            if self._by_class is not None:
                self._by_class.setdefault(label, array("Q")).extend(values)

    def _stretch(self, hashes: Hashes) -> None:
        seen = np.concatenate([self._ends, hashes])
        self._ends = np.array([seen.min(), seen.max()]) if len(seen) else seen

    def times(self) -> tuple[str, str] | None:
        """Give the earliest and the latest time, where rows are split by time."""
        if not self._by_time or not len(self._ends):
            return None
        first, last = (spelt_time(int(end) - _EPOCH) for end in self._ends)
        return first, last

    def plan(self) -> SplitPlan:
        """Give the plan for the rows added; not stratified, its cuts do not depend on them."""
        if not self._by_class:
            rows = self._counts.by_label().values()
            counts = np.array([*rows, (0, 0, 0)], np.int64).sum(axis=0)
            return SplitPlan(cuts=self._cuts, rows=_by_split(counts))
        return _plan_by_class(self._by_class, self._fractions, self._cuts)

    def rows_by_label(self, plan: SplitPlan) -> dict[str, RowsBySplit]:
        """Count the rows added by their label and split.

        Args:
            plan: What `plan` gave.

        Returns:
            Rows in train, eval and test by label.
        """
        if not self._by_class:
            return self._counts.by_label()
        owned = np.array([*plan.owners], np.uint64)
        return {
            label: _rows_of_class(label, np.frombuffer(hashes, np.uint64), plan, owned)
            for label, hashes in self._by_class.items()
        }


def _rows_of_class(label: str, hashes: Hashes, plan: SplitPlan, owned: Hashes) -> RowsBySplit:
    """Count by split; only texts of several classes are looked at one by one."""
    shared = np.isin(hashes, owned)
    counts = _rows_between(hashes[~shared], None, plan.class_cuts.get(label, plan.cuts))
    places = plan.places_of(hashes[shared], [label] * int(shared.sum()))
    train, evaluation, test = counts + np.bincount(places, minlength=len(SPLITS))
    return int(train), int(evaluation), int(test)


def _cuts(params: DataParams) -> tuple[int, int]:
    if params.deciding.split:
        return 1, 2
    times = params.deciding.cut_times
    if times is not None:
        return times[0] + _EPOCH, times[1] + _EPOCH
    return _cut(params.splits.train), _cut(params.splits.train + params.splits.eval)


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
) -> tuple[Hashes, npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return each text's hash (ascending), first class, row count, and if it has more classes."""
    values = np.concatenate([np.frombuffer(part, np.uint64) for part in hashes])
    classes = np.repeat(np.arange(len(hashes)), [len(part) for part in hashes])
    order = np.lexsort((classes, values))
    values, classes = values[order], classes[order]
    texts, first, weight = np.unique(values, return_index=True, return_counts=True)
    last = first + weight - 1
    return texts, classes[first], weight, classes[last] != classes[first]


def _cuts_of(
    texts: Hashes, weight: npt.NDArray[np.int64], fractions: SplitFractions
) -> tuple[int, int]:
    """Cut so that the rows below come as near to the wanted share as whole texts allow."""
    below = np.concatenate([[0], np.cumsum(weight)])
    cuts = []
    for share in (fractions.train, fractions.train + fractions.eval):
        nearest = int(np.argmin(np.abs(below - share * below[-1])))
        cuts.append(int(texts[nearest]) if nearest < len(texts) else _HASHES - 1)
    return cuts[0], cuts[1]


def _rows_between(
    texts: Hashes, weight: npt.NDArray[np.int64] | None, cuts: tuple[int, int]
) -> npt.NDArray[np.int64]:
    places = _places(texts, cuts)
    return np.bincount(places, weights=weight, minlength=len(SPLITS)).astype(np.int64)


def _places(texts: Hashes, cuts: tuple[int, int]) -> npt.NDArray[np.intp]:
    return np.searchsorted(np.array(cuts, np.uint64), texts, side="right")


def _by_split(counts: npt.NDArray[np.int64]) -> dict[str, int]:
    return {split: int(count) for split, count in zip(SPLITS, counts, strict=True)}
