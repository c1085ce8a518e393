import pytest
from pydantic import ValidationError

from pipeline.config.vertex_params import VertexParams, VertexTrainerResources


@pytest.mark.parametrize(
    "resources", [{"accelerator": "NVIDIA_L4"}, {"accelerator_count": 1}], ids=["kind", "number"]
)
def test_a_gpu_has_a_kind_and_a_number(resources: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="a GPU needs both"):
        VertexTrainerResources.model_validate(resources)


def test_a_service_account_is_an_address() -> None:
    with pytest.raises(ValidationError, match="service_account"):
        VertexParams(service_account="trainer")
