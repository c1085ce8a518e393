from typing import Any

import numpy as np
import pytest

from serving.rest.json.numbers import (
    DOUBLE_DIGITS,
    SINGLE_DIGITS,
    dump_float,
    format_float,
    format_floats,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (9000000.0, "9e+06"),
        (999999.0, "999999.0"),
        (float(np.float32(1 / 3)), "0.333333343"),
        (4.0, "4.0"),
        (-0.0, "-0.0"),
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
    ],
)
def test_singles(value: float, text: str) -> None:
    assert format_float(value, 9) == text


@pytest.mark.parametrize(("value", "text"), [(0.1, "0.1"), (1 / 3, "0.33333333333333331")])
def test_doubles(value: float, text: str) -> None:
    assert format_float(value, 17) == text


ODD = [0.0, -0.0, 1e-40, 1e-30, 3e-23, 1e22, 1e23, 3e38, np.nan, np.inf, -np.inf, 1e5, 999999, 1e6]
ODD += [
    999999.5,
    1234567,
    123456789,
    1e9,
    999999999,
    1e16,
    1e17,
    2**53,
    0.1,
    1 / 3,
    1e-5,
    9.9999995,
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_many_numbers_are_written_as_one_is(dtype: Any) -> None:
    generator = np.random.default_rng(5)
    rounded = np.round(generator.normal(size=5000) * 10.0 ** generator.integers(-7, 9, 5000), 3)
    scaled = generator.normal(size=5000) * 10.0 ** generator.integers(-40, 38, 5000)
    powers = 10.0 ** np.arange(-30, 38)
    near = np.concatenate([powers, np.nextafter(powers, 0), np.nextafter(powers, np.inf)])
    array = np.concatenate([ODD, rounded, scaled, near, -near]).astype(dtype)
    digits = SINGLE_DIGITS if dtype is np.float32 else DOUBLE_DIGITS
    assert format_floats(array) == [format_float(value, digits) for value in array.tolist()]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (-12.5, "-12.5"),
        (0.000001, "0.000001"),
        (1e-7, "1e-7"),
        (1.5e-7, "1.5e-7"),
        (1e20, "100000000000000000000.0"),
        (1e21, "1e21"),
        (1.25e300, "1.25e300"),
        (18446744073709551616.0, "18446744073709552000.0"),
    ],
)
def test_error_messages_quote_numbers_as_rapidjson_does(value: float, text: str) -> None:
    assert dump_float(value) == text
