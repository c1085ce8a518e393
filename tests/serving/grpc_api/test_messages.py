"""Parts of messages that no row of the contract's table reaches."""

from typing import Any

import numpy as np

from serving.grpc_api.messages import fill_classifications
from serving.servables.classification import Classifications
from tests.serving.grpc_api.conftest import PROTOS, TIMEOUT_S, example, fill_spec


def test_examples_with_a_context(prediction: Any) -> None:
    """The context gives `x` to the example that has none: 8/2 + 3, and 6/2 + 3."""
    request = PROTOS.regression_pb2.RegressionRequest()
    fill_spec(request.model_spec, "hp", "reg")
    shared = request.input.example_list_with_context
    shared.context.CopyFrom(example(x=8.0))
    shared.examples.extend([example(), example(x=6.0)])
    response = prediction.Regress(request, timeout=TIMEOUT_S)
    assert [found.value for found in response.result.regressions] == [7.0, 6.0]


def test_labels_that_are_no_utf_8() -> None:
    result = PROTOS.classification_pb2.ClassificationResult()
    classes = np.array([[b"a\xff", "\u00e9".encode()]], dtype=object)
    fill_classifications(result, Classifications(classes, None))
    assert [found.label for found in result.classifications[0].classes] == ["a\ufffd", "\u00e9"]
