"""What is declared of a feature group: its columns with their types, its record id, its time."""

import re
from collections.abc import Mapping

from pydantic import Field, ValidationError, field_validator, model_validator

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.params import FrozenParams
from bert_aas.features.types import TIMESTAMP, feature_type, item_of
from bert_aas.preparation.label_rules import LabelRules

WRITE_TIME = "write_time"
IS_DELETED = "is_deleted"
OWN_COLUMNS: Mapping[str, str] = {WRITE_TIME: TIMESTAMP, IS_DELETED: "bool"}
"""What every record has beside the declared columns."""

HISTORY = "_history"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")


class Definition(FrozenParams):
    """The columns of a feature group.

    Attributes:
        record_id: The column that says which thing a record is about.
        event_time: The column that says since when the record holds.
        columns: Name to type, both of these among them.
        fingerprint: What the features were made with, such as a tokenizer; features of another one
            are another version of the group.
        label_rules: What the run that wrote it had made of its labels; None: nothing.
    """

    record_id: str
    event_time: str
    columns: dict[str, str]
    fingerprint: str = ""
    label_rules: LabelRules | None = None

    @field_validator("columns")
    @classmethod
    def _known_types(cls, columns: dict[str, str]) -> dict[str, str]:
        return {name: feature_type(kind) for name, kind in columns.items()}

    @model_validator(mode="after")
    def _consistent(self) -> "Definition":
        for column in (self.record_id, self.event_time):
            if column not in self.columns:
                raise InvalidInputError(f"there is no column '{column}' among those declared")
        if self.record_id == self.event_time:
            raise InvalidInputError("record id and event time cannot be one column")
        if self.columns[self.event_time] != TIMESTAMP:
            raise InvalidInputError(
                f"the event time '{self.event_time}' is {self.columns[self.event_time]}; it must "
                "be a timestamp"
            )
        if item_of(self.columns[self.record_id]):
            raise InvalidInputError(f"the record id '{self.record_id}' cannot be a list")
        taken = next((name for name in self.columns if name.casefold() in OWN_COLUMNS), None)
        if taken is not None:
            raise InvalidInputError(f"'{taken}' is a column that every group has; rename yours")
        return self

    @property
    def features(self) -> tuple[str, ...]:
        """The columns beside record id and event time."""
        return tuple(name for name in self.columns if name not in {self.record_id, self.event_time})

    @property
    def stored(self) -> dict[str, str]:
        """All columns of a stored record."""
        return {**self.columns, **OWN_COLUMNS}


def definition(
    record_id: str, event_time: str, columns: Mapping[str, str], fingerprint: str = ""
) -> Definition:
    """Declare the columns of a group.

    Args:
        record_id: See `Definition`.
        event_time: See `Definition`.
        columns: See `Definition`.
        fingerprint: See `Definition`.

    Returns:
        The definition.

    Raises:
        InvalidInputError: If a column is not there, or its type does not suit its role.
    """
    try:
        return Definition(
            record_id=record_id,
            event_time=event_time,
            columns=dict(columns),
            fingerprint=fingerprint,
        )
    except ValidationError as exc:
        raise InvalidInputError(str(exc.errors()[0]["ctx"]["error"])) from exc


class Version(FrozenParams):
    """One version of a feature group; versions never mix.

    Attributes:
        number: 1 is the first.
        definition: Its columns.
        created: When, UTC.
    """

    number: int = Field(ge=1)
    definition: Definition
    created: str


class FeatureGroup(FrozenParams):
    """A feature group.

    Attributes:
        name: What SQL calls it, after `features.`
        versions: Its versions, the oldest first.
    """

    name: str
    versions: tuple[Version, ...] = Field(min_length=1)

    def version(self, number: int | None = None) -> Version:
        """Choose a version.

        Args:
            number: Its number; the newest if there is none.

        Returns:
            The version.

        Raises:
            InvalidInputError: If there is no such version.
        """
        if number is None:
            return self.versions[-1]
        found = next((one for one in self.versions if one.number == number), None)
        if found is None:
            raise InvalidInputError(
                f"the feature group {self.name} has no version {number}; the newest one is "
                f"{self.versions[-1].number}"
            )
        return found


def group_name(text: str) -> str:
    """Check the name of a feature group.

    Args:
        text: What the user gave.

    Returns:
        The same.

    Raises:
        InvalidInputError: If SQL could not say it, or if it is taken.
    """
    if not _NAME.fullmatch(text) or text.casefold().endswith(HISTORY):
        raise InvalidInputError(
            f"'{text}' cannot be the name of a feature group: letters, digits and _, a letter "
            f"first, not {HISTORY} at the end"
        )
    return text
