"""The parameters of both bias detectors: whom to compare, and which difference stops a run."""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from bert_aas.bias.limits import after_training, before_training, checked_limits
from bert_aas.bias.metric_names import SWAPS
from bert_aas.bias.predicted.word_swaps import WordSwapper
from bert_aas.bias.questions import Facet, Question, spelt_value
from bert_aas.contracts.params import FrozenParams

Scalar = str | int | float


class FacetParams(FrozenParams):
    """Whom to compare with the rest of the rows; see `bert_aas.bias.questions.Facet`."""

    column: str | None = Field(default=None, min_length=1)
    values: tuple[Scalar, ...] = ()
    above: float | None = None
    below: float | None = None
    patterns: tuple[str, ...] = ()
    name: str = ""

    @model_validator(mode="after")
    def _fits_together(self) -> "FacetParams":
        self.facet()
        return self

    def facet(self) -> Facet:
        """Make the facet of the statistics."""
        return Facet(
            column=self.column,
            values=tuple(spelt_value(value) or "" for value in self.values),
            above=self.above,
            below=self.below,
            patterns=self.patterns,
            name=self.name,
        )


class BiasParams(FrozenParams):
    """Whether and how bias is measured: of the rows before the training, of the model after it."""

    enabled: bool = Field(
        default=False,
        description="Measure how far groups of rows differ in their labels, and how far the model "
        "treats them differently.",
    )
    after_training: bool = Field(
        default=True,
        description="With `bias.enabled`: measure the candidate's predictions on the test split.",
    )
    facets: tuple[FacetParams | str, ...] = Field(
        default=(),
        description="Whom to compare with the rest: `COLUMN`, `COLUMN=VALUE`, `COLUMN>NUMBER`, "
        "`COLUMN<NUMBER`, or `{column, values, above, below}`, or `{name, patterns}` for words of "
        "the text.",
    )
    positive: tuple[Scalar, ...] = Field(
        default=(),
        description="The classes that count as positive, together; default: each class in turn.",
    )
    group: str | None = Field(
        default=None, description="Column of the groups within which CDDL and CDDPL compare."
    )
    splits: tuple[Literal["train", "eval", "test"], ...] = Field(
        default=("train",), min_length=1, description="Splits whose rows are counted, together."
    )
    max: dict[str, float] = Field(
        default={},
        description="Metric to the farthest that it may be from 0 (DI: from 1), e.g. "
        "`{DPL: 0.2, RD: 0.1}`; beyond it the run stops with exit code 4.",
    )
    swaps: tuple[tuple[str, str], ...] = Field(
        default=(),
        description="Pairs of words, e.g. `[[he, she], [Anna, Peter]]`: in the texts of the test "
        "split each is replaced by the other, and counted is how often the label changes.",
    )

    @field_validator("max")
    @classmethod
    def _limits_mean_something(cls, limits: dict[str, float]) -> dict[str, float]:
        return checked_limits(limits)

    @field_validator("swaps")
    @classmethod
    def _words_can_be_swapped(
        cls, swaps: tuple[tuple[str, str], ...]
    ) -> tuple[tuple[str, str], ...]:
        WordSwapper(swaps)
        return swaps

    @model_validator(mode="after")
    def _fits_together(self) -> "BiasParams":
        if self.enabled:
            self.question("label", ("text",))
        after = after_training(self.max)
        if after and not self.after_training:
            raise ValueError(
                f"`max` has a limit of {', '.join(after)}, which after_training: false never "
                "measures"
            )
        if SWAPS in self.max and not self.swaps:
            raise ValueError(f"`max` has a limit of {SWAPS}, but there are no `swaps`")
        return self

    @property
    def limits_predictions(self) -> bool:
        """Whether the measurement of predictions may stop a run."""
        return self.enabled and self.after_training and bool(after_training(self.max))

    def of_labels(self) -> str:
        """Return what the measurement of labels is told, as JSON."""
        told = self.model_copy(update={"max": before_training(self.max)})
        return told.model_dump_json(exclude={"after_training", "swaps"})

    def of_predictions(self) -> str:
        """Return what the measurement of predictions is told, as JSON."""
        told = self.model_copy(update={"max": after_training(self.max)})
        return told.model_dump_json(exclude={"splits"})

    def question(
        self, label: str, texts: tuple[str, ...], predicted: str | None = None
    ) -> Question:
        """Make what is counted.

        Args:
            label: The column of the classes.
            texts: The columns in which patterns are looked for.
            predicted: The column of the predictions, if these are measured.

        Returns:
            The question. What does not fit together raises `InvalidInputError`.
        """
        return Question(
            label=label,
            facets=self._facets(),
            positive=tuple(spelt_value(value) or "" for value in self.positive),
            group=self.group,
            texts=texts,
            predicted=predicted,
        )

    def named_columns(self) -> tuple[str, ...]:
        """Return the columns that facets and groups name."""
        named = [*(one.column for one in self._facets()), self.group]
        return tuple(dict.fromkeys(name for name in named if name is not None))

    def _facets(self) -> tuple[Facet, ...]:
        return tuple(Facet.of(one) if isinstance(one, str) else one.facet() for one in self.facets)
