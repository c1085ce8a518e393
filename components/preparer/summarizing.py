"""Sum up what was done to all rows."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from bert_aas.preparation.params import PreparationRules
from bert_aas.preparation.rows import LABEL_MAP, Reason
from bert_aas.preparation.summary import (
    ChangedExample,
    ChangedRows,
    DroppedExample,
    DroppedRows,
    PreparationSummary,
    SplitCounts,
)
from components.preparer.deciding import Decided
from components.preparer.parts import Part
from components.preparer.preparing.changes import keep_lowest
from components.preparer.writing import Written


def summarize(
    parts: Sequence[Part], decided: Decided, written: Sequence[Written], rules: PreparationRules
) -> PreparationSummary:
    """Sum up.

    Args:
        parts: What the first pass made.
        decided: What was decided.
        written: What the second pass wrote.
        rules: The rules.

    Returns:
        Counts and examples.
    """
    dropped = {split: decided.dropped_by_reason(split) for split in decided.splits}
    after = {split: decided.written_by_class(split) for split in decided.splits}
    return PreparationSummary(
        splits={
            split: _counts(decided, split, sum(lost.values())) for split, lost in dropped.items()
        },
        dropped=_dropped(dropped, _joined((each.examples for each in written), rules.examples)),
        changed=_changed(parts, rules),
        labels_before=_by_label({split: _before(parts, split) for split in decided.splits}),
        labels_after=_by_label(after),
    )


def _counts(decided: Decided, split: str, dropped: int) -> SplitCounts:
    mine = decided.rows_of(split)
    read, written = int(mine.sum()), int(decided.decision.copies[mine].sum())
    kept = int((decided.decision.copies[mine] > 0).sum())
    return SplitCounts(read=read, kept=kept, dropped=dropped, copies=written - kept)


def _dropped(
    counts: Mapping[str, Mapping[Reason, int]], examples: Mapping[str, list[list[Any]]]
) -> dict[str, DroppedRows]:
    found = {}
    for reason in Reason:
        rows = {split: lost[reason] for split, lost in counts.items() if reason in lost}
        if rows:
            shown = tuple(
                DroppedExample(**{name: row[name] for name in DroppedExample.model_fields})
                for _, row in examples.get(reason.called, [])
            )
            found[reason.called] = DroppedRows(rows=rows, examples=shown)
    return found


def _changed(parts: Sequence[Part], rules: PreparationRules) -> dict[str, ChangedRows]:
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(part.changed)
    examples = _joined((part.examples for part in parts), rules.examples)
    return {
        rule: ChangedRows(
            rows=counts[rule],
            examples=tuple(
                ChangedExample(key=key, before=before, after=after)
                for _, key, before, after in examples[rule]
            ),
        )
        for rule in (*rules.steps, LABEL_MAP)
        if counts[rule]
    }


def _joined(parts: Any, limit: int) -> dict[str, list[list[Any]]]:
    """Keep the first examples of all parts."""
    found: defaultdict[str, list[list[Any]]] = defaultdict(list)
    for part in parts:
        for name, examples in part.items():
            for example in examples:
                keep_lowest(found[name], example, limit)
    return found


def _before(parts: Sequence[Part], split: str) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for part in parts:
        if part.file.split == split:
            counts.update(part.labels_before)
    return dict(counts)


def _by_label(by_split: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    labels = sorted({label for counts in by_split.values() for label in counts})
    return {
        label: {split: counts.get(label, 0) for split, counts in by_split.items()}
        for label in labels
    }
