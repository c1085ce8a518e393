"""What to compare: facets, the classes that count as positive, the column of groups."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.values import plain, spelt_label

_GIVEN = re.compile(r"(.+?)([=<>])(.*)", re.DOTALL)


@dataclass(frozen=True)
class Facet:
    """Which rows are facet d; all others are facet a.

    Give a column or patterns. A column alone: each of its values is facet d in turn.

    Attributes:
        column: A column of the table.
        values: Rows with one of these values are facet d.
        above: Rows with a larger number are facet d.
        below: Rows with a smaller number are facet d.
        patterns: Regular expressions; rows with a text in which a whole word fits one of them are
            facet d. Upper and lower case are the same.
        name: What the facet is called; by default the column.

    Raises:
        InvalidInputError: If what is given does not fit together.

    Example:
        `Facet("age", above=60)`, `Facet(name="women", patterns=("she", "wom[ae]n"))`
    """

    column: str | None = None
    values: tuple[str, ...] = ()
    above: float | None = None
    below: float | None = None
    patterns: tuple[str, ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        """Check that one thing is asked for."""
        ways = [bool(self.values), self.above is not None, self.below is not None]
        if self.patterns:
            if self.column is not None or any(ways) or not self.name:
                raise InvalidInputError("a facet of patterns needs a name, and has no column")
            self._check_patterns()
        elif not self.column or sum(ways) > 1:
            raise InvalidInputError(
                f"the facet {self.called!r} needs a column or patterns, and with a column at most "
                "one of values, above and below"
            )

    def _check_patterns(self) -> None:
        for pattern in self.patterns:
            try:
                re.compile(pattern)
            except re.error as exc:
                raise InvalidInputError(
                    f"the facet {self.name!r} has the pattern {pattern!r}, which is no regular "
                    f"expression: {exc}"
                ) from exc

    @property
    def called(self) -> str:
        """What the facet is called."""
        return self.name or self.column or ""

    @property
    def is_open(self) -> bool:
        """Whether each value of the column is facet d in turn."""
        return not (
            self.patterns or self.values or self.above is not None or self.below is not None
        )

    @property
    def shown_value(self) -> str:
        """Say which rows are facet d, if that does not depend on the table."""
        if self.above is not None:
            return f">{self.above:.15g}"
        if self.below is not None:
            return f"<{self.below:.15g}"
        return ", ".join(self.values or self.patterns)

    @classmethod
    def of(cls, given: str) -> "Facet":
        """Read a facet as a command line gives it.

        Args:
            given: `COLUMN`, `COLUMN=VALUE`, `COLUMN>NUMBER` or `COLUMN<NUMBER`.

        Returns:
            The facet.

        Raises:
            InvalidInputError: If there is no number after `>` or `<`.
        """
        found = _GIVEN.fullmatch(given)
        if found is None:
            return cls(given)
        column, sign, value = found.groups()
        if sign == "=":
            return cls(column, values=(value,))
        number = as_number(value)
        if number is None:
            raise InvalidInputError(f"the facet {given!r} needs a number after {sign!r}")
        return cls(column, above=number) if sign == ">" else cls(column, below=number)


@dataclass(frozen=True)
class Question:
    """What to count.

    Attributes:
        label: The column of the classes.
        facets: What to compare, at least one.
        positive: The classes that count as positive, together; none: each class in turn.
        group: The column of the groups for CDDL.
        texts: Columns in which patterns are looked for.
        predicted: The column of the predicted classes, for the bias after training.
        features: Columns of numbers in which the flip test looks for neighbours.

    Raises:
        InvalidInputError: If there is no facet, a facet twice, or a pattern without a text.
    """

    label: str
    facets: Sequence[Facet]
    positive: Sequence[str] = ()
    group: str | None = None
    texts: Sequence[str] = field(default=())
    predicted: str | None = None
    features: Sequence[str] = field(default=())

    def __post_init__(self) -> None:
        """Check that the facets can be told apart."""
        if not self.facets:
            raise InvalidInputError("bias is measured between facets; name at least one")
        keys = [(facet.called, facet.shown_value) for facet in self.facets]
        twice = next((name for name, value in keys if keys.count((name, value)) > 1), None)
        if twice is not None:
            raise InvalidInputError(f"the facet {twice!r} is there twice")
        patterned = next((facet for facet in self.facets if facet.patterns), None)
        if patterned is not None and not self.texts:
            raise InvalidInputError(
                f"the facet {patterned.called!r} has patterns, but no column of texts is named"
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read, each once."""
        named = [self.label, self.predicted, *(facet.column for facet in self.facets), self.group]
        named += self.features
        if any(facet.patterns for facet in self.facets):
            named += self.texts
        return tuple(dict.fromkeys(name for name in named if name is not None))


def spelt_value(value: Any) -> str | None:
    """Spell a value of a facet, a group or a class: 1.0 and 1 are one.

    Args:
        value: As a table or a DataFrame has it.

    Returns:
        Its text; `None` for a missing one and for bytes that are no text.
    """
    if not isinstance(value, str):  # most are texts, and there are many
        value = spelt_label(plain(value))
    return (
        str(value) if value is not None and value != "" and not isinstance(value, bytes) else None
    )


def as_number(value: Any) -> float | None:
    """Read a number.

    Args:
        value: A number, or its text.

    Returns:
        The number; `None` if it is none, or no finite one.
    """
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return float(found) if found.is_finite() else None


def same_value(given: str, found: str) -> bool:
    """Compare a value that a user gives with one of the data: numbers match however spelt.

    Args:
        given: Of the user.
        found: Of the data.

    Returns:
        Whether they are the same.
    """
    if given == found:
        return True
    number = as_number(given)
    return number is not None and number == as_number(found)
