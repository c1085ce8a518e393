"""What the Preparer dropped and changed, with examples; classes before and after."""

from dataclasses import dataclass

from bert_aas.preparation.summary import (
    DROPPED_FILE,
    LABEL_ERRORS_FILE,
    SUMMARY_FILE,
    ChangedExample,
    DroppedExample,
    LabelErrors,
    PreparationSummary,
    SplitCounts,
)
from components.tfrecords import read_file
from pipeline.predictions.class_order import natural_order
from pipeline.report.charts.data_and_training import class_bars
from pipeline.report.section import OutputSection

_REASONS = {
    "no_label": "no label",
    "dropped_label": "class left out (drop_labels)",
    "empty": "no text after cleaning",
    "too_short": "text too short (min_characters)",
    "unsettled": "text changes each time it is cleaned",
    "conflict": "equal text, other label (conflicts)",
    "duplicate": "equal text (duplicates)",
    "in_another_split": "equal text in another split",
    "near_duplicate": "nearly equal text (near_duplicates)",
    "label_error": "label probably wrong (label_errors)",
    "downsampled": "left out for equal classes (balance)",
}
_RULES = {
    "html": "HTML tags and entities",
    "control_characters": "control and invisible characters",
    "unicode": "Unicode NFC",
    "white_space": "runs of blanks",
    "email": "e-mail addresses marked",
    "phone": "phone numbers marked",
    "card_number": "card numbers marked",
    "label_map": "label mapped",
}


@dataclass(frozen=True)
class DroppedFor:
    """Rows dropped for one reason, by split, and some of them."""

    reason: str
    rows: dict[str, int]
    examples: tuple[DroppedExample, ...]

    @property
    def total(self) -> int:
        """Return the rows of all splits."""
        return sum(self.rows.values())


@dataclass(frozen=True)
class ChangedBy:
    """Rows changed by one rule, and some of them."""

    rule: str
    rows: int
    examples: tuple[ChangedExample, ...]


@dataclass(frozen=True)
class Preparation:
    """The section.

    Attributes:
        splits: Counts by split.
        dropped: By reason.
        changed: By rule.
        classes_before: Labels as read.
        before: Split to its rows by label, in the order of `classes_before`.
        classes_after: Classes as written.
        after: Split to its rows by class, in the order of `classes_after`.
        file: The table of all dropped rows.
        label_errors: Labels that are probably wrong, if they were looked for.
        label_errors_file: The table of all of them.
    """

    splits: dict[str, SplitCounts]
    dropped: tuple[DroppedFor, ...]
    changed: tuple[ChangedBy, ...]
    classes_before: tuple[str, ...]
    before: dict[str, tuple[int, ...]]
    classes_after: tuple[str, ...]
    after: dict[str, tuple[int, ...]]
    file: str
    label_errors: LabelErrors | None = None
    label_errors_file: str = ""

    @property
    def read(self) -> int:
        """Return the rows read in all splits."""
        return sum(counts.read for counts in self.splits.values())

    @property
    def shows_texts(self) -> bool:
        """Tell whether there are examples."""
        dropped = any(each.examples for each in self.dropped)
        errors = self.label_errors is not None and self.label_errors.examples
        return dropped or bool(errors) or any(each.examples for each in self.changed)


def read_preparation(uri: str) -> Preparation:
    """Read what the Preparer says of its work.

    Args:
        uri: Folder of its output `examples`.

    Returns:
        The section.
    """
    summary = PreparationSummary.model_validate_json(read_file(f"{uri}/{SUMMARY_FILE}"))
    classes_before, before = _by_class(summary.labels_before, [*summary.splits])
    classes_after, after = _by_class(summary.labels_after, [*summary.splits])
    return Preparation(
        splits=summary.splits,
        dropped=tuple(
            DroppedFor(_REASONS.get(why, why), found.rows, found.examples)
            for why, found in summary.dropped.items()
        ),
        changed=tuple(
            ChangedBy(_RULES.get(rule, rule), found.rows, found.examples)
            for rule, found in summary.changed.items()
        ),
        classes_before=classes_before,
        before=before,
        classes_after=classes_after,
        after=after,
        file=f"{uri}/{DROPPED_FILE}",
        label_errors=summary.label_errors,
        label_errors_file=f"{uri}/{LABEL_ERRORS_FILE}",
    )


def _by_class(
    counts: dict[str, dict[str, int]], splits: list[str]
) -> tuple[tuple[str, ...], dict[str, tuple[int, ...]]]:
    names = tuple(natural_order(counts))
    return names, {split: tuple(counts[name].get(split, 0) for name in names) for split in splits}


SECTION = OutputSection(
    name="preparation",
    title="Preparation",
    node="Preparer",
    output="examples",
    setting="prepare.enabled=true",
    read=lambda made, _: read_preparation(made.uri),
    helpers={"class_bars": class_bars},
)
