from typing import Any

import numpy as np
import pytest

from serving.errors import Code, ServingError
from serving.tensor_proto import fill_proto, to_array
from serving.tensorflow_runtime import load_tensorflow

tf = load_tensorflow()


def proto_of(array: Any) -> Any:
    proto = tf.make_tensor_proto(0)
    proto.Clear()
    fill_proto(proto, array)
    return proto


@pytest.mark.parametrize(
    ("dtype", "field"),
    [
        (np.float32, "float_val"),
        (np.float64, "double_val"),
        (np.int32, "int_val"),
        (np.int8, "int_val"),
        (np.uint8, "int_val"),
        (np.int64, "int64_val"),
        (np.uint32, "uint32_val"),
        (np.uint64, "uint64_val"),
        (np.bool_, "bool_val"),
        (np.float16, "half_val"),
    ],
)
def test_typed_field_and_back(dtype: Any, field: str) -> None:
    array = np.array([[1, 0], [1, 1]], dtype)
    proto = proto_of(array)
    assert len(getattr(proto, field)) == 4
    assert not proto.tensor_content
    assert proto.dtype == tf.as_dtype(dtype).as_datatype_enum
    np.testing.assert_array_equal(to_array("x", proto), array)


def test_strings() -> None:
    proto = proto_of(np.array([b"\xff", b""], dtype=object))
    assert list(proto.string_val) == [b"\xff", b""]
    assert to_array("x", proto).tolist() == [b"\xff", b""]


def test_scalar() -> None:
    proto = proto_of(np.array(2.5, np.float32))
    assert (list(proto.float_val), len(proto.tensor_shape.dim)) == ([2.5], 0)


def test_short_lists_repeat_their_last_value() -> None:
    proto = proto_of(np.array([1.0, 2.0], np.float32))
    proto.tensor_shape.dim[0].size = 4
    assert to_array("x", proto).tolist() == [1.0, 2.0, 2.0, 2.0]


def test_types_without_a_field() -> None:
    with pytest.raises(ServingError) as caught:
        proto_of(np.zeros(1, np.complex64))
    assert caught.value.code is Code.UNIMPLEMENTED
