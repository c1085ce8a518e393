from typing import Any

import ml_dtypes
import numpy as np
import pytest

from serving.errors import Code, ServingError
from serving.runtime.dtypes import BY_NUMBER, BY_NUMPY, name_of
from serving.runtime.library import load_library
from serving.runtime.tensors import to_array, to_tensor


def round_trip(array: Any) -> Any:
    library = load_library()
    tensor = to_tensor(library, array)
    try:
        return to_array(library, tensor)
    finally:
        library.DeleteTensor(tensor)


@pytest.mark.parametrize("dtype", [str(dtype.name) for dtype in BY_NUMPY if dtype.kind != "O"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3)])
def test_numbers(dtype: str, shape: tuple[int, ...]) -> None:
    wanted = getattr(ml_dtypes, dtype) if dtype == "bfloat16" else dtype
    array = np.arange(int(np.prod(shape))).reshape(shape).astype(wanted)
    result = round_trip(array)
    assert (result.dtype, result.shape) == (array.dtype, shape)
    assert np.array_equal(result, array)


@pytest.mark.parametrize("shape", [(), (3,), (3, 1)])
def test_strings(shape: tuple[int, ...]) -> None:
    values = [b"", b"short", b"long enough to be stored outside of the tensor\x00\xff"]
    array: np.ndarray[Any, Any] = np.empty(3, dtype=object)
    array[:] = values
    array = array.reshape(shape) if shape else array[2:].reshape(())
    result = round_trip(array)
    assert result.shape == shape
    assert result.tolist() == array.tolist()


def test_an_array_that_is_not_contiguous() -> None:
    array = np.arange(6, dtype=np.int32).reshape(2, 3).T
    assert round_trip(array).tolist() == [[0, 3], [1, 4], [2, 5]]


def test_a_dtype_without_counterpart() -> None:
    with pytest.raises(ServingError, match="datetime64") as raised:
        round_trip(np.array(["2020-01-01"], dtype="datetime64[D]"))
    assert raised.value.code is Code.UNIMPLEMENTED


def test_names_are_those_of_tensorflow() -> None:
    assert {name_of(dtype) for dtype in BY_NUMPY} >= {"float", "double", "half", "string", "int64"}
    assert name_of(np.dtype("datetime64[D]")) == "datetime64[D]"


@pytest.mark.parametrize("number", sorted(BY_NUMBER))
def test_numbers_are_those_of_tensorflow(number: int) -> None:
    from serving.runtime.protos import load_protos

    name = load_protos().types_pb2.DataType.Name(number)
    assert name == f"DT_{BY_NUMBER[number].name.upper()}"
