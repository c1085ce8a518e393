"""Which messages of libraries speak of the machine, and which of a model."""

import pytest

from components.scarcity import is_shortage


@pytest.mark.parametrize(
    "message",
    [
        "RESOURCE_EXHAUSTED: OOM when allocating tensor with shape[8,128]",
        "Resource exhausted: MemoryError",
        "std::bad_alloc",
        "[CPU] Could not allocate 4096 bytes",
        "write failed: No space left on device",
        "[Errno 24] Too many open files",
        "Cannot allocate memory",
    ],
)
def test_shortages(message: str) -> None:
    assert is_shortage(message)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "Op type not registered 'Zoom'",
        "INVALID_ARGUMENT: only short rows can be classified",
        "Could not find variable dense/kernel",
    ],
)
def test_others(message: str) -> None:
    assert not is_shortage(message)
