"""What only people can say of a model: the section `card` of the configuration."""

from typing import Literal

from pydantic import Field

from bert_aas.contracts.params import FrozenParams

NOT_STATED = "not stated"


class CardParams(FrozenParams):
    """What people say of a model in its card; what they leave out is shown as "not stated"."""

    path: str | None = Field(
        default=None,
        description="A YAML file with the fields below, in place of them; `card: FILE` is short "
        "for it.",
    )
    title: str | None = Field(default=None, description="Name of the model for people.")
    description: str | None = Field(default=None, description="What the model does, in a sentence.")
    intended_use: str | None = Field(default=None, description="What the model is meant for.")
    out_of_scope: str | None = Field(default=None, description="What it must not be used for.")
    limits: str | None = Field(default=None, description="Where it is known to be weak.")
    ethics: str | None = Field(default=None, description="Whom it may harm, and what is done.")
    owner: str | None = Field(default=None, description="Who answers for the model.")
    contact: str | None = Field(default=None, description="Where to write to.")
    licence: str | None = Field(
        default=None, description="Licence of the model, best as an SPDX expression."
    )
    data_licence: str | None = Field(default=None, description="Licence of the data.")
    languages: tuple[str, ...] = Field(
        default=(), strict=False, description="Languages of the texts, such as en."
    )
    risk: Literal["High", "Medium", "Low", "Unknown"] | None = Field(
        default=None, description="How much harm a wrong answer can do."
    )
    business_problem: str | None = Field(default=None, description="Which problem it solves.")

    def stated(self, name: str) -> str:
        """Return what people said.

        Args:
            name: Name of a field.

        Returns:
            The text, or "not stated".
        """
        value = getattr(self, name)
        text = ", ".join(value) if isinstance(value, tuple) else value
        return str(text) if text else NOT_STATED
