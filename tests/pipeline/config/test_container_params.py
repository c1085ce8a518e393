from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.config.container_params import ContainerResources


def read(**values: Any) -> ContainerResources:
    return ContainerResources.model_validate(values)


@pytest.mark.parametrize("cpu", ["2", "500m", "1.5", "0.125"])
def test_cores(cpu: str) -> None:
    assert read(cpu=cpu).cpu == cpu


@pytest.mark.parametrize("cpu", ["2 cores", "-1", "1.5m", "0.0001", "2k", "", ".", True])
def test_what_are_no_cores(cpu: Any) -> None:
    with pytest.raises(ValidationError, match="cpu"):
        read(cpu=cpu)


@pytest.mark.parametrize(
    "memory", ["8Gi", "1.5Gi", "512M", "1.5G", "512k", "64Ki", "1P", "1E", "1Ei", "1000000000"]
)
def test_memory(memory: str) -> None:
    assert read(memory=memory).memory == memory


@pytest.mark.parametrize("memory", ["16 Gi", "16GB", "512K", "512m", "1ki", "-1", "much", ""])
def test_what_is_no_memory(memory: str) -> None:
    with pytest.raises(ValidationError, match="memory"):
        read(memory=memory)


@pytest.mark.parametrize(("given", "text"), [(2, "2"), (1.5, "1.5")])
def test_numbers_without_quotes(given: float, text: str) -> None:
    assert read(cpu=given).cpu == text
