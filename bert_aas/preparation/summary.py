"""What a preparation has done, for people and for the report: `summary.json` beside the rows."""

from pydantic import Field

from bert_aas.contracts.params import FrozenParams

SUMMARY_FILE = "summary.json"
DROPPED_FILE = "prepared/dropped.parquet"
LABEL_ERRORS_FILE = "prepared/label_errors.csv"
EXCERPT = 200
"""Characters of a text in files and examples."""


class SplitCounts(FrozenParams):
    """Rows of one split.

    Attributes:
        read: Rows before.
        kept: Rows that stay; with `dropped` they are all that were read.
        dropped: Rows that do not.
        copies: Repetitions that upsampling adds to the rows kept.
    """

    read: int
    kept: int
    dropped: int
    copies: int = 0

    @property
    def written(self) -> int:
        """Return the number of rows there are now."""
        return self.kept + self.copies


class DroppedExample(FrozenParams):
    """A row that is dropped.

    Attributes:
        split: Its split.
        key: Its key.
        label: Its class.
        text: The beginning of its text, after cleaning.
    """

    split: str
    key: str
    label: str
    text: str


class ChangedExample(FrozenParams):
    """A row that a rule changed.

    Attributes:
        key: Its key.
        before: The beginning of its text or its label; none where personal data were found.
        after: The same, after all rules.
    """

    key: str
    before: str | None
    after: str


class DroppedRows(FrozenParams):
    """Rows dropped for one reason: how many in each split, and some of them."""

    rows: dict[str, int]
    examples: tuple[DroppedExample, ...] = ()


class ChangedRows(FrozenParams):
    """Rows changed by one rule, kept or not: how many, and some of them."""

    rows: int
    examples: tuple[ChangedExample, ...] = ()


class LabelErrorExample(FrozenParams):
    """A row whose label is probably wrong.

    Attributes:
        key: Its key.
        given: Its class.
        suggested: The class that its text has elsewhere.
        score: Probability of its class, by the other rows.
        text: The beginning of its text, after cleaning.
    """

    key: str
    given: str
    suggested: str
    score: float
    text: str


class LabelErrors(FrozenParams):
    """Rows of the train split whose label is probably wrong.

    Attributes:
        rows: How many.
        dropped: Whether they are dropped.
        examples: The most suspicious ones.
    """

    rows: int
    dropped: bool
    examples: tuple[LabelErrorExample, ...] = ()


class PreparationSummary(FrozenParams):
    """The whole.

    Attributes:
        splits: Counts by split.
        dropped: By reason, in the order in which reasons are looked at.
        changed: By rule.
        labels_before: Rows by label and split, as read.
        labels_after: Rows by class and split, as written.
        label_errors: What was found, if labels were judged.
    """

    splits: dict[str, SplitCounts]
    dropped: dict[str, DroppedRows] = Field(default_factory=dict)
    changed: dict[str, ChangedRows] = Field(default_factory=dict)
    labels_before: dict[str, dict[str, int]]
    labels_after: dict[str, dict[str, int]]
    label_errors: LabelErrors | None = None
