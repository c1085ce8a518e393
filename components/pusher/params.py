"""The parameters of the Pusher: where blessed models go."""

from pydantic import Field

from models.params import FrozenParams


class PushParams(FrozenParams):
    """The folder that a model server watches."""

    directory: str | None = Field(
        default=None, description="Base path of the versions; else OUTPUT_DIR/serving_model."
    )
