"""The rules of a preparation: typed, frozen, each default written once."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from bert_aas.contracts.params import FrozenParams
from bert_aas.preparation.label_rules import LabelRules
from bert_aas.tables.values import spelt_label

CleaningStep = Literal["html", "control_characters", "unicode", "white_space"]
PersonalData = Literal["email", "phone", "card_number"]
_Split = Literal["train", "eval", "test"]


def _label(given: Any) -> Any:
    """Take a number of a YAML file for the class that it is."""
    return spelt_label(given)


Label = Annotated[str, BeforeValidator(_label), Field(min_length=1)]
"""A class as the configuration names it: a word or a number."""


class TextRules(FrozenParams):
    """What is done to every text, in training and when the model is asked."""

    clean: tuple[CleaningStep, ...] = Field(
        default=("html", "control_characters", "unicode", "white_space"),
        description="Steps that clean a text, in this order. `html`: tags go, entities become "
        "characters. `control_characters`: they and invisible characters go. `unicode`: NFC. "
        "`white_space`: a run of blanks becomes one, those at both ends go.",
    )
    personal_data: tuple[PersonalData, ...] = Field(
        default=(),
        description="What is replaced by a mark such as `[EMAIL]`: `email`, `phone`, `card_number` "
        "(with a valid check digit).",
    )

    @field_validator("clean", "personal_data")
    @classmethod
    def _each_once(cls, steps: tuple[str, ...]) -> tuple[str, ...]:
        twice = [name for place, name in enumerate(steps) if name in steps[:place]]
        if twice:
            raise ValueError(f"name each step once; '{twice[0]}' stands there twice")
        return steps

    @property
    def steps(self) -> tuple[str, ...]:
        """Return all steps, in their order: cleaning comes first."""
        return (*self.clean, *self.personal_data)


class NearDuplicateRules(FrozenParams):
    """When two texts are nearly the same."""

    threshold: float | None = Field(
        default=None,
        ge=0.3,
        le=1,
        description="Of two texts whose runs of words are the same to this share (Jaccard "
        "similarity) one is dropped; default: nearly equal texts are not looked for.",
    )
    words: int = Field(
        default=3, ge=1, le=16, description="Words in a run; upper and lower case are the same."
    )


class PreparationRules(TextRules):
    """All rules of a preparation."""

    label_map: dict[str, tuple[Label, ...]] = Field(
        default={},
        description="New class to the classes that become it, e.g. `{-1: [1, 2], 0: [3], 1: [4, "
        "5]}`; numbers match however they are spelt. Classes not named stay as they are.",
    )
    drop_labels: tuple[Label, ...] = Field(
        default=(), description="Classes whose rows are dropped, by their names after `label_map`."
    )
    min_characters: int = Field(
        default=1,
        ge=0,
        description="Rows whose text is shorter after cleaning are dropped; of pairs both texts "
        "count together.",
    )
    duplicates: Literal["drop", "keep"] = Field(
        default="drop",
        description="Rows with equal texts after cleaning. `drop`: one stays. `keep`: all stay, "
        "but for those that would be in two splits.",
    )
    near_duplicates: NearDuplicateRules = NearDuplicateRules()
    conflicts: Literal["majority", "drop", "keep"] = Field(
        default="majority",
        description="Equal texts with different labels. `majority`: rows of the most frequent "
        "label stay, none if there are two such labels. `drop`: none stays. `keep`: a row of each "
        "label stays.",
    )
    label_errors: Literal["off", "report", "drop"] = Field(
        default="off",
        description="Labels of the train split that are probably wrong, by a model of the other "
        "rows. `report`: they are listed. `drop`: their rows are dropped, too.",
    )
    balance: Literal["none", "downsample", "upsample"] = Field(
        default="none",
        description="`downsample`: every class gets as few rows as the smallest one has; "
        "`upsample`: rows are repeated until every class has as many as the largest one.",
    )
    balance_splits: tuple[_Split, ...] = Field(
        default=("train",),
        description="Splits that are balanced; the others keep the natural distribution.",
    )
    drop_columns: tuple[str, ...] = Field(
        default=(), description="Columns that are left out, e.g. names of persons."
    )
    examples: int = Field(
        default=3,
        ge=0,
        le=100,
        description="Rows of each reason and rule whose text is shown in the report; 0: none.",
    )
    seed: int = Field(
        default=1, ge=0, description="Seed of the choice among rows, of which some stay."
    )

    @model_validator(mode="after")
    def _one_class_for_each(self) -> "PreparationRules":
        seen: dict[str, str] = {}
        for target, labels in self.label_map.items():
            for label in labels:
                if seen.setdefault(label, target) != target:
                    raise ValueError(
                        f"label_map gives the label '{label}' two classes, '{seen[label]}' and "
                        f"'{target}'"
                    )
        return self

    @property
    def label_rules(self) -> LabelRules | None:
        """Return the rules that labels must go by to be compared with a model's; None: no rule."""
        if not (self.label_map or self.drop_labels):
            return None
        return LabelRules(label_map=self.label_map, drop_labels=self.drop_labels)

    @property
    def text_rules(self) -> TextRules:
        """Return the rules that a model must apply to the texts it is asked about."""
        return TextRules(clean=self.clean, personal_data=self.personal_data)
