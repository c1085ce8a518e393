"""Read cards with SageMaker's SDK; run by the Python of `.venv-oracles`, which has it.

Standard input: a JSON list of cards, each the content of a model card. Standard output: a JSON
list of what the SDK would send of each and how long it may be, or of what is wrong.
"""

import contextlib
import json
import sys
from types import SimpleNamespace
from typing import Any

STORED = {"ModelCardName": "toy", "ModelCardStatus": "Draft", "ModelCardVersion": 1}


def answers(card: dict[str, Any]) -> dict[str, Any]:
    """Load a card as if SageMaker had it, and write the call that would create it."""
    from botocore.exceptions import ParamValidationError
    from botocore.validate import validate_parameters
    from sagemaker.model_card import ModelCard

    found = {**STORED, "Content": json.dumps(card)}
    client = SimpleNamespace(describe_model_card=lambda **_: found)
    shape = call_shape()
    try:
        loaded = ModelCard.load("toy", sagemaker_session=SimpleNamespace(sagemaker_client=client))
        call = loaded._create_request_args()
        validate_parameters(call, shape)
    except (TypeError, ValueError, ParamValidationError) as exc:
        return {"error": str(exc)}
    most = shape.members["Content"].metadata["max"]
    return {"content": json.loads(call["Content"]), "most": most}


def call_shape() -> Any:
    """What the service says of the call."""
    from botocore.session import get_session

    model = get_session().get_service_model("sagemaker")
    return model.operation_model("CreateModelCard").input_shape


if __name__ == "__main__":
    given = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):  # the SDK logs to standard output
        said = [answers(one) for one in given]
    json.dump(said, sys.stdout)
