"""The parameters of the registry: where it is, and what a version is registered as."""

from typing import Literal

from pydantic import Field, model_validator

from bert_aas.contracts.params import FrozenParams

REGISTERED_MODEL = "registered_model"
REGISTERED_VERSION = "registered_version"
REGISTERED_STATUS = "registered_status"
REASON = "reason"
MODEL_URI = "model_uri"
REGISTRY_URL = "registry_url"
"""Properties of the artifact."""


class RegistryParams(FrozenParams):
    """Whether and how candidates are registered."""

    enabled: bool = Field(
        default=False, description="Register each candidate in a registry of models (MLflow)."
    )
    url: str | None = Field(
        default=None,
        pattern=r"^(sqlite:///|https?://).+",
        description="sqlite:///PATH, or the URL of an MLflow server; default: $BERT_AAS_REGISTRY, "
        "else OUTPUT_DIR/registry.db.",
    )
    status: Literal["PendingManualApproval", "Approved"] = Field(
        default="PendingManualApproval",
        description="What a model that passed its conditions is registered as.",
    )
    four_eyes: bool = Field(
        default=False, description="Who started the run must not approve its model."
    )
    tracking: bool = Field(
        default=True,
        description="Write parameters, metrics and curves of each run to MLflow's pages of runs.",
    )

    @model_validator(mode="after")
    def _is_approved_by_somebody(self) -> "RegistryParams":
        if self.four_eyes and self.status == "Approved":
            raise ValueError("`registry.four_eyes` needs `registry.status: PendingManualApproval`")
        return self


class RegistrarParams(FrozenParams):
    """What the node is told.

    Attributes:
        url: Where the registry is.
        model: Name of the registered model.
        status: What a model that passed is registered as.
        four_eyes: As of `RegistryParams`.
        tracking: As of `RegistryParams`.
        rejected: Whether a model that did not pass is registered, too, as rejected.
        serving_directory: The folder that the pipeline pushes to.
        encoder: Fingerprint of the encoder; empty where it is not known.
        texts: Columns of the texts, for the sample payload.
    """

    url: str
    model: str
    status: Literal["PendingManualApproval", "Approved"]
    four_eyes: bool
    tracking: bool
    rejected: bool
    serving_directory: str
    encoder: str = ""
    texts: tuple[str, ...] = ()
