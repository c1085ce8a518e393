"""The versions of a model as TensorFlow Serving's status JSON; its plan of traffic as ours."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from serving.rest.json.writer import encode_text
from serving.states import VersionStatus


def status_json(statuses: Sequence[VersionStatus]) -> bytes:
    """Describe the versions of a model.

    Args:
        statuses: Their states, in the order wanted.

    Returns:
        A JSON body; version numbers are strings, as protobuf writes int64.

    Source:
        TensorFlow Serving, `apis/get_model_status.proto`, `http_rest_api_util.cc`.
    """
    entries = [
        {
            "version": str(status.version),
            "state": status.state.name,
            "status": {"error_code": status.code.name, "error_message": status.message},
        }
        for status in statuses
    ]
    document = {"model_version_status": entries}
    return encode_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def traffic_json(
    status: Mapping[str, Any] | None,
    feedback: Mapping[str, Any] | None = None,
    judged: Mapping[str, Any] | None = None,
) -> bytes:
    """Describe the plan of traffic of a model.

    Args:
        status: What it does now; None if there is no plan.
        feedback: What its versions got; None if the server takes no feedback.
        judged: How they compare by it; None if there is nothing to compare.

    Returns:
        A JSON body.
    """
    document: dict[str, Any] = {"plan": None} if status is None else dict(status)
    if feedback is not None:
        document["feedback"] = feedback
    if judged is not None:
        document["judged"] = judged
    return encode_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
