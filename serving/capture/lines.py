"""One captured request as a line of JSON: the shape that monitoring of endpoints has in common.

Source:
    Amazon SageMaker Developer Guide, "Capture data from real-time endpoint" (names of the fields).
"""

import uuid
from datetime import datetime, timezone
from typing import Any

from serving.capture.inference import Inference, Origin
from serving.capture.json_values import answer_value, request_value
from serving.capture.redaction import Redactor
from serving.capture.sliced_json import ASCII, UNICODE, sliced_json
from serving.observing.standard_output import valid_text

EVENT_VERSION = "0"

_TYPE = "application/json"


def capture_line(inference: Inference, origin: Origin, redactor: Redactor) -> bytes:
    """Write a line.

    Args:
        inference: What was asked and answered.
        origin: The request.
        redactor: What is left out.

    Returns:
        JSON in UTF-8, with a line break at its end and none inside.
    """
    event = {
        "captureData": {
            "endpointInput": _data("INPUT", request_value(inference, redactor)),
            "endpointOutput": _data("OUTPUT", answer_value(inference, redactor)),
        },
        "eventMetadata": _metadata(inference, origin),
        "eventVersion": EVENT_VERSION,
    }
    return sliced_json(event, ASCII).encode("ascii") + b"\n"


def _data(mode: str, value: dict[str, Any]) -> dict[str, str]:
    return {
        "observedContentType": _TYPE,
        "mode": mode,
        "data": sliced_json(value, UNICODE),
        "encoding": "JSON",
    }


def _metadata(inference: Inference, origin: Origin) -> dict[str, str]:
    time = datetime.fromtimestamp(origin.seconds, timezone.utc)
    ids = {"inferenceId": origin.inference_id, "requestId": origin.request_id}
    return {
        "eventId": str(uuid.uuid4()),
        **{name: valid_text(value) for name, value in ids.items() if value},
        "inferenceTime": time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "modelName": valid_text(inference.model),
        "modelVersion": str(inference.version),
        "signatureName": inference.signature,
        "method": inference.method,
        "entrypoint": origin.entrypoint,
    }
