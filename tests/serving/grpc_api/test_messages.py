"""Parts of messages that no row of the contract's table reaches."""

from typing import Any

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
