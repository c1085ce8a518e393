import sys

import pytest

from serving.errors import ServingError
from serving.runtime.extensions import load_extension

PROFILER = "tensorflow.python.profiler.internal._pywrap_profiler"


def test_an_extension_is_loaded_once() -> None:
    module = load_extension(PROFILER)
    assert load_extension(PROFILER) is module
    assert sys.modules[PROFILER] is module


def test_an_extension_that_is_not_there() -> None:
    with pytest.raises(ServingError, match=r"The installed TensorFlow has no tensorflow\._none: "):
        load_extension("tensorflow._none")
    assert "tensorflow._none" not in sys.modules
