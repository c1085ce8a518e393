"""A model's signatures as TensorFlow Serving's metadata JSON."""

import inspect
import json
from typing import Any

from google.protobuf import json_format

from serving.servables.model import LoadedModel


def metadata_json(model: LoadedModel) -> bytes:
    """Describe a model's signatures.

    Args:
        model: The model.

    Returns:
        A JSON body; field names as in the protos, defaults printed, `signature_def` nested twice.

    Source:
        TensorFlow Serving, `http_rest_api_util.cc` (`ToJsonString`).
    """
    signatures = {name: _to_dict(proto) for name, proto in sorted(model.signature_defs.items())}
    document = {
        "model_spec": {"name": model.name, "signature_name": "", "version": str(model.version)},
        "metadata": {"signature_def": {"signature_def": signatures}},
    }
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def _to_dict(proto: Any) -> dict[str, Any]:
    # protobuf 5 renamed the option that prints fields with default values.
    options = inspect.signature(json_format.MessageToDict).parameters
    renamed = "always_print_fields_with_no_presence"
    defaults = renamed if renamed in options else "including_default_value_fields"
    settings: dict[str, Any] = {"preserving_proto_field_name": True, defaults: True}
    return json_format.MessageToDict(proto, **settings)
