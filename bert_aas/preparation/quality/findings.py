"""What can be said of rows, each thing by its name."""

from bert_aas.contracts.params import FrozenParams

MAX_EXAMPLES = 5

TITLES = {
    "unusable": "Rows that cannot be read",
    "no_label": "No label",
    "empty": "No text",
    "short": "Very short text",
    "html": "HTML tags or entities",
    "control_characters": "Control or invisible characters",
    "unicode": "Characters not in Unicode's form NFC",
    "white_space": "Runs of blanks, line breaks, blanks at an end",
    "email": "E-mail address",
    "phone": "Phone number",
    "card_number": "Card number",
    "personal_columns": "Personal data in other columns",
    "equal": "Text of an earlier row again",
    "near_equal": "Nearly the text of an earlier row",
    "conflicts": "Equal texts with different labels",
    "label_spellings": "Other spellings of one label",
    "imbalance": "Smallest class",
    "long": "Text longer than max_seq_length",
}
"""Titles by name, in the order in which they are shown."""


class Finding(FrozenParams):
    """One thing that was found in rows.

    Attributes:
        name: One of `TITLES`.
        rows: How many rows.
        examples: Names of the first of them, or other words that say what is meant.
    """

    name: str
    rows: int
    examples: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The name in words."""
        return TITLES[self.name]


class FoundRows:
    """Counts rows by what was found in them, and remembers the first ones."""

    def __init__(self) -> None:
        """Start with no rows."""
        self._rows: dict[str, int] = {}
        self._examples: dict[str, list[str]] = {}

    def add(self, name: str, example: str, rows: int = 1) -> None:
        """Count rows.

        Args:
            name: What was found, one of `TITLES`.
            example: The row's name, or words.
            rows: How many rows these words stand for.
        """
        self._rows[name] = self._rows.get(name, 0) + rows
        examples = self._examples.setdefault(name, [])
        if len(examples) < MAX_EXAMPLES and example not in examples:
            examples.append(example)

    def findings(self) -> tuple[Finding, ...]:
        """Give what was found, in the order of `TITLES`."""
        return tuple(
            Finding(name=name, rows=self._rows[name], examples=tuple(self._examples[name]))
            for name in TITLES
            if name in self._rows
        )
