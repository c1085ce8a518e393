"""The parameters of the Optimizer: the bounds that a faster form of the model must meet."""

from pydantic import Field

from bert_aas.contracts.params import FrozenParams


class OptimizeParams(FrozenParams):
    """Whether the model is converted for the server, and when a conversion is good enough."""

    enabled: bool = Field(
        default=True,
        description="Make a faster form of the model and put it beside the SavedModel.",
    )
    required: bool = Field(
        default=False,
        description="Refuse a model for which no faster form is kept; otherwise the run continues "
        "with the SavedModel alone.",
    )
    min_accuracy_ratio: float = Field(
        default=0.997,
        ge=0,
        le=1,
        description="Lowest accuracy of the faster form, as a share of the SavedModel's.",
    )
    min_agreement: float = Field(
        default=0.99,
        ge=0,
        le=1,
        description="Lowest share of rows that get the same label as from the SavedModel.",
    )
    min_speedup: float = Field(
        default=1.0,
        ge=0,
        description="How many times as fast as the SavedModel it must be, for one row and for 32.",
    )
    sample_rows: int = Field(
        default=1000, ge=1, description="Rows of the eval split to compare with."
    )
