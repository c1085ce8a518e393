"""The parameters of Explainer: how many rows, how exact, which words are shown."""

from pydantic import Field, field_validator

from bert_aas.contracts.params import FrozenParams


class ExplainParams(FrozenParams):
    """Whether and how the model's predictions are explained after the evaluation."""

    enabled: bool = Field(
        default=False,
        description="Explain which words the predictions rest on; costs some two seconds of a "
        "core for each row.",
    )
    rows: int = Field(
        default=200,
        ge=1,
        le=100_000,
        description="Rows of the eval split that are explained, as many of each class as there "
        "are; their hash chooses them.",
    )
    steps: int = Field(
        default=64,
        ge=1,
        le=4096,
        description="Points of the integral for each row: more are slower and more exact.",
    )
    min_rows: int = Field(
        default=5, ge=2, description="A word in fewer explained rows of a class is left out."
    )
    top_words: int = Field(
        default=50, ge=1, le=10_000, description="Words that are listed for each class."
    )
    removed_words: tuple[int, ...] = Field(
        default=(1, 2, 3, 5, 10),
        min_length=1,
        description="How many words the deletion test leaves out, one number after the other.",
    )

    @field_validator("removed_words")
    @classmethod
    def _positive(cls, numbers: tuple[int, ...]) -> tuple[int, ...]:
        if min(numbers) < 1 or len(set(numbers)) < len(numbers):
            raise ValueError("takes different numbers from 1 on")
        return tuple(sorted(numbers))
