"""The base of all classes of parameters."""

from pydantic import BaseModel, ConfigDict


class FrozenParams(BaseModel):
    """Base of all parameter classes: unknown keys are refused, values cannot change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
