"""The parameters of the Pusher: where blessed models go; and the properties that record a push."""

from pydantic import Field

from bert_aas.contracts.params import FrozenParams

PUSHED_DESTINATION = "pushed_destination"
PUSHED_VERSION = "pushed_version"
PUSHED_MODEL_URI = "pushed_model_uri"
"""Properties of the artifact; the first two are TFX's."""


class PushParams(FrozenParams):
    """The folder that a model server watches."""

    directory: str | None = Field(
        default=None,
        description="Folder for the versions of pushed models; default: OUTPUT_DIR/serving_model.",
    )
