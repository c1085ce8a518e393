"""What was asked of a model and what it answered, whichever transport it came by."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from serving.feedback.ids import INFERENCE_ID_HEADERS, MAX_ID, REQUEST_ID_HEADER
from serving.servables.classification import Classifications
from serving.servables.model import Array, Arrays

Method = Literal["predict", "classify", "regress"]
Asked = Arrays | Sequence[bytes]
Answered = Arrays | Classifications | Array


@dataclass(frozen=True, slots=True)
class Inference:
    """One question to a model, and its answer.

    Attributes:
        method: What was asked for.
        model: The model's name.
        version: The version that answered.
        signature: The signature's name, never empty.
        inputs: Of predict, arrays by name; else serialized tf.Examples.
        outputs: Of predict, arrays by name; of classify, classes and scores; of regress float32
            `[n]`.
    """

    method: Method
    model: str
    version: int
    signature: str
    inputs: Asked
    outputs: Answered


@dataclass(frozen=True, slots=True)
class Origin:
    """The request that an inference belongs to.

    Attributes:
        entrypoint: `REST` or `GRPC`.
        size: Bytes of its body and of the answer's.
        request_id: What the header `X-Request-Id` says; empty without it.
        inference_id: What the header `X-Inference-Id` says; empty without it.
        seconds: When it was answered, since 1970.
    """

    entrypoint: str
    size: int
    request_id: str = ""
    inference_id: str = ""
    seconds: float = field(default_factory=time.time)


def origin_of(entrypoint: str, size: int, headers: Mapping[str, str]) -> Origin:
    """Read the names that a client gave to its request.

    Args:
        entrypoint: `REST` or `GRPC`.
        size: Bytes of its body and of the answer's.
        headers: The HTTP headers or gRPC metadata, keys in lower case.

    Returns:
        The origin.
    """
    inference_id = next((headers[name] for name in INFERENCE_ID_HEADERS if name in headers), "")
    request_id = headers.get(REQUEST_ID_HEADER, "")
    return Origin(entrypoint, size, request_id[:MAX_ID], inference_id[:MAX_ID])
