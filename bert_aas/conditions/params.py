"""What a condition asks for, as the configuration writes it."""

from typing import Any, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from bert_aas.contracts.params import FrozenParams
from bert_aas.tables.values import spelt_label

Operator = Literal[">=", "<=", ">", "<", "==", "in", "and", "or", "not"]
JOINING = ("and", "or", "not")
BASELINE: Literal["baseline"] = "baseline"
ANY = "*"
"""As a class: each class. As the value of a slice: each value of the column."""


class ConditionParams(FrozenParams):
    """One condition: a figure and its bound, or other conditions joined.

    Example:
        `ConditionParams(name="all classes", metric="recall", **{"class": "*"}, bound=0.5)`
    """

    model_config = ConfigDict(populate_by_name=True)

    name: str = Field(min_length=1, max_length=200)
    metric: str | None = Field(default=None, min_length=1)
    class_name: str | None = Field(default=None, alias="class")
    slice: str | None = Field(default=None, pattern=r"(?s)^.+=.*$")
    operator: Operator = ">="
    bound: float | Literal["baseline"] | tuple[float, float] | None = None
    allowed: float = Field(default=0, ge=0)
    of: tuple[str, ...] = ()

    @field_validator("class_name", mode="before")
    @classmethod
    def _spelt(cls, given: Any) -> Any:
        """Take a number of a YAML file for the class that it is."""
        return spelt_label(given)

    @model_validator(mode="after")
    def _fits_together(self) -> "ConditionParams":
        problem = self._problem_joined() if self.joins else self._problem_compared()
        if problem:
            raise ValueError(f"the condition {self.name!r} {problem}")
        return self

    def _problem_joined(self) -> str | None:
        if self.metric or self.class_name or self.slice or self.bound is not None or self.allowed:
            return f"joins others with {self.operator!r}, so it has `of` and no metric or bound"
        if self.operator == "not" and len(self.of) != 1:
            return "with 'not' needs `of` with one name"
        return None if self.of else f"with {self.operator!r} needs `of` with names of conditions"

    def _problem_compared(self) -> str | None:
        if self.of:
            return f"has `of`, which needs the operator and, or or not, not {self.operator!r}"
        if self.metric is None or self.bound is None:
            return "needs `metric` and `bound`"
        if (self.operator == "in") != isinstance(self.bound, tuple):
            return "needs a bound of two numbers with 'in', and with no other operator"
        if self.allowed and not (self.against_baseline or self.operator == "=="):
            return "has `allowed`, which needs the bound baseline or the operator =="
        return None

    @property
    def joins(self) -> bool:
        """Whether it joins other conditions."""
        return self.operator in JOINING

    @property
    def against_baseline(self) -> bool:
        """Whether the bound is the latest blessed model's figure."""
        return self.bound == BASELINE


def short_form(metric: str, threshold: float, max_drop: float) -> tuple[ConditionParams, ...]:
    """Write `evaluate.threshold` and `evaluate.max_drop` as conditions.

    Args:
        metric: Name of the metric that decides.
        threshold: Its lowest value.
        max_drop: How far below the latest blessed model it may be.

    Returns:
        The conditions `threshold` and `max_drop`.
    """
    return (
        ConditionParams(name="threshold", metric=metric, bound=threshold),
        ConditionParams(name="max_drop", metric=metric, bound=BASELINE, allowed=max_drop),
    )


SHORT_NAMES = ("threshold", "max_drop")
"""Names of the conditions of the short form; `of` may name them."""
