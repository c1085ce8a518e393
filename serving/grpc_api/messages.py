"""Reads and writes the parts that several of TensorFlow Serving's messages share.

Source:
    TensorFlow Serving, `apis/model.proto`, `input.proto`, `classification.proto`.
"""

from typing import Any

from serving.data_plane import ModelQuery
from serving.errors import InvalidArgumentError
from serving.servables.model import DEFAULT_SIGNATURE, LoadedModel
from serving.states import VersionStatus


def to_query(holder: Any) -> ModelQuery:
    """Read which model is meant.

    Args:
        holder: A message with a field `model_spec`.

    Returns:
        The model's name with its version or label, if one is given.

    Raises:
        InvalidArgumentError: If there is no `model_spec`, or no name in it.
    """
    if not holder.HasField("model_spec"):
        raise InvalidArgumentError("Missing ModelSpec")
    spec = holder.model_spec
    if not spec.name:
        raise InvalidArgumentError("ModelSpec has no name specified.")
    choice = spec.WhichOneof("version_choice")
    return ModelQuery(
        name=spec.name,
        version=spec.version.value if choice == "version" else None,
        label=spec.version_label if choice == "version_label" else None,
    )


def fill_spec(spec: Any, model: LoadedModel, signature_name: str | None = None) -> None:
    """Say which model answered.

    Args:
        spec: The `ModelSpec` to fill.
        model: The model.
        signature_name: As the request wrote it, empty for `serving_default`; None leaves it out.
    """
    spec.name = model.name
    spec.version.value = model.version
    if signature_name is not None:
        spec.signature_name = signature_name or DEFAULT_SIGNATURE


def fill_status(target: Any, status: VersionStatus) -> None:
    """Write the state of a version.

    Args:
        target: The `ModelVersionStatus` to fill.
        status: The state.
    """
    target.version = status.version
    target.state = int(status.state)
    target.status.error_code = int(status.code)
    target.status.error_message = status.message
