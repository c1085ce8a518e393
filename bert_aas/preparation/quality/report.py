"""What a check of a table has found, and the settings that follow from it."""

from typing import Any

import yaml
from pydantic import Field

from bert_aas.contracts.params import FrozenParams
from bert_aas.preparation.quality.findings import Finding
from bert_aas.preparation.quality.lengths import TokenLengths
from bert_aas.preparation.quality.repeats import NEAR_THRESHOLD

_CLEANING = ("html", "control_characters", "unicode", "white_space")
_PERSONAL_DATA = ("email", "phone", "card_number")
_LONGEST = 512  # tokens that BERT reads
_STEP = 32
_CUT_SHARE = 0.01


class Column(FrozenParams):
    """A column of the table.

    Attributes:
        name: Its name.
        kind: `int`, `float`, `bytes` or `missing`.
        missing: Rows without a value.
    """

    name: str
    kind: str
    missing: int


class QualityReport(FrozenParams):
    """A table of texts and labels as it is, before anything is done to it.

    Attributes:
        path: What was checked.
        files: Names of the files.
        format: Their format.
        bytes: Their size as stored.
        rows: Rows, those among them that cannot be used.
        columns: The columns.
        text_column: The column of the texts.
        label_column: The column of the labels.
        classes: Rows by class, the most frequent first.
        splits: Rows by split, as the suggested settings divide them.
        findings: What was found in the rows.
        lengths: Lengths of the texts; None if no vocabulary is at hand.
        notices: How the files are read, where their names do not say so.
        reading: Settings of `data` that the file needs.
        label_map: Labels that seem to be one: the spelling to keep, and the others.
        drop_columns: Columns with personal data.
        refusal: Why a run with the suggested settings would refuse the data.
    """

    path: str
    files: tuple[str, ...]
    format: str
    bytes: int
    rows: int
    columns: tuple[Column, ...]
    text_column: str
    label_column: str
    classes: dict[str, int]
    splits: dict[str, int]
    findings: tuple[Finding, ...]
    lengths: TokenLengths | None = None
    notices: tuple[str, ...] = ()
    reading: dict[str, Any] = Field(default_factory=dict)
    label_map: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    drop_columns: tuple[str, ...] = ()
    refusal: str | None = None

    def rows_with(self, name: str) -> int:
        """Give how many rows a finding is about; 0 if there is none."""
        return next((found.rows for found in self.findings if found.name == name), 0)

    def settings(self) -> dict[str, Any]:
        """Give a configuration for these data.

        Returns:
            Sections and their keys, only those that differ from the defaults; enough for a run.
        """
        sections = {
            "data": self._data(),
            "prepare": self._prepare(),
            "transform": self._transform(),
            "evaluate": {"metric": "macro_f1"} if self.rows_with("imbalance") else {},
        }
        return {name: keys for name, keys in sections.items() if keys}

    def yaml(self) -> str:
        """Write `settings` as a configuration file."""
        return yaml.safe_dump(self.settings(), sort_keys=False, allow_unicode=True)

    def _data(self) -> dict[str, Any]:
        columns = {"text_column": self.text_column, "label_column": self.label_column}
        bad = self.rows_with("unusable") + self.rows_with("no_label")
        return {
            "path": self.path,
            **columns,
            **self.reading,
            **({"bad_rows": "reject"} if bad else {}),
        }

    def _prepare(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "clean": [name for name in _CLEANING if self.rows_with(name)],
            "personal_data": [name for name in _PERSONAL_DATA if self.rows_with(name)],
            "label_map": {kept: list(others) for kept, others in self.label_map.items()},
            "drop_columns": list(self.drop_columns),
        }
        if self.rows_with("near_equal"):
            found["near_duplicates"] = {"threshold": NEAR_THRESHOLD}
        found = {name: value for name, value in found.items() if value}
        needed = found or any(map(self.rows_with, ("empty", "equal", "conflicts")))
        return {"enabled": True, **found} if needed else {}

    def _transform(self) -> dict[str, Any]:
        lengths = self.lengths
        if lengths is None or lengths.over_limit <= _CUT_SHARE * self.rows:
            return {}
        return {"max_seq_length": min(_LONGEST, -(-int(lengths.p99) // _STEP) * _STEP)}
