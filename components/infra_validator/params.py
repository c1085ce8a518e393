"""The parameters of the InfraValidator: how a model is tried in a real server."""

from pydantic import Field

from bert_aas.contracts.params import FrozenParams


class InfraValidateParams(FrozenParams):
    """How many rows are sent, how often it is tried, how long a load may take."""

    num_requests: int = Field(
        default=8, ge=1, le=1000, description="Rows of the test split that are sent to the server."
    )
    num_tries: int = Field(
        default=2,
        ge=1,
        le=10,
        description="How often the model is tried before it is refused.",
    )
    max_loading_time_s: int = Field(
        default=120, ge=1, description="Seconds in which the server must load the model."
    )
