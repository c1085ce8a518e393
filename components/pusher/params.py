"""The parameters of the Pusher: where blessed models go; and the properties that record a push."""

from pydantic import Field

from bert_aas.contracts.params import FrozenParams

PUSHED_DESTINATION = "pushed_destination"
PUSHED_VERSION = "pushed_version"
PUSHED_MODEL_URI = "pushed_model_uri"
WAITING_FOR = "waiting_for_approval"
"""Properties of the artifact; the first two are TFX's. The last one names the version of the
registry that must be approved before it is pushed."""


SIGN_KEY = "sign_key"
"""Key in the node's `custom_config` that names the file of the key for signatures."""


class PushParams(FrozenParams):
    """The folder that a model server watches."""

    directory: str | None = Field(
        default=None,
        description="Folder for the versions of pushed models; default: OUTPUT_DIR/serving_model.",
    )
    requires_approval: bool = Field(
        default=False,
        description="Push only what a person approved in the registry; until then the run waits.",
    )
    sign_key: str | None = Field(
        default=None,
        description="File with a private key, elliptic curve, PEM: each version is signed with it "
        "before it is published; needs the extra `sign`.",
    )
