import pytest

from serving.capture.inference import origin_of


@pytest.mark.parametrize("name", ["x-inference-id", "x-amzn-sagemaker-inference-id"])
def test_the_ids_of_a_client(name: str) -> None:
    origin = origin_of("GRPC", 3, {"x-request-id": "r", name: "i", "other": "o"})
    assert (origin.entrypoint, origin.size) == ("GRPC", 3)
    assert (origin.request_id, origin.inference_id) == ("r", "i")


def test_without_ids_or_with_long_ones() -> None:
    origin = origin_of("REST", 3, {"x-request-id": "r" * 1000})
    assert (origin.request_id, origin.inference_id) == ("r" * 256, "")
