"""Ask a SageMaker port with `boto3` and SageMaker's SDK; run by the Python of `.venv-oracles`.

Standard input: a JSON list of calls, each with the port's URL. Standard output: a JSON list of what
the clients return or raise.
"""

import contextlib
import json
import sys
from typing import Any

CREDENTIALS = {
    "region_name": "eu-central-1",
    "aws_access_key_id": "none",
    "aws_secret_access_key": "none",
}
FIELDS = ("Body", "ContentType", "InvokedProductionVariant", "NewSessionId")


def runtime(url: str) -> Any:
    """Return a client of `sagemaker-runtime` for a port."""
    import boto3

    return boto3.client("sagemaker-runtime", endpoint_url=url, **CREDENTIALS)


def invoke(url: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Call `invoke_endpoint`."""
    from botocore.exceptions import ClientError

    try:
        answer = runtime(url).invoke_endpoint(**arguments)
    except ClientError as exc:
        error = {"kind": type(exc).__name__, "message": exc.response["Error"]["Message"]}
        return {**error, "original_status": exc.response.get("OriginalStatusCode")}
    answer["Body"] = answer["Body"].read().decode()
    return {name: answer[name] for name in FIELDS if name in answer}


def predict(url: str, call: dict[str, Any]) -> dict[str, Any]:
    """Call `Predictor.predict` with a serializer and a deserializer of the SDK."""
    import boto3
    from sagemaker import deserializers, serializers
    from sagemaker.predictor import Predictor
    from sagemaker.session import Session

    session = Session(
        boto3.session.Session(**CREDENTIALS),
        sagemaker_client=object(),
        sagemaker_runtime_client=runtime(url),
        default_bucket="none",
    )
    predictor = Predictor(
        call["endpoint"],
        sagemaker_session=session,
        serializer=getattr(serializers, call["serializer"])(),
        deserializer=getattr(deserializers, call["deserializer"])(),
    )
    return {"answer": predictor.predict(call["data"], **call.get("more", {}))}


def main() -> None:
    """Answer what is asked."""
    calls = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):
        found = [
            predict(call["url"], call)
            if "serializer" in call
            else invoke(call["url"], call["call"])
            for call in calls
        ]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
