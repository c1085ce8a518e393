from collections.abc import Callable
from typing import Any

import pytest

from tests.notebooks.outputs import cell_with
from tests.notebooks.rendered import Browser
from tests.notebooks.walkthrough import check_data, check_model, check_pictures, check_serving

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def notebook(execute: Callable[[str], Any]) -> Any:
    return execute("bert_from_tfhub")


def test_a_newcomer_gets_from_rows_to_answers(notebook: Any, browser: Browser) -> None:
    assert "TensorShape([2, 5, 384])" in str(cell_with(notebook, "hub.load").outputs)
    check_data(notebook, "INT_TYPE_NOT_INT_STRING")
    assert check_model(notebook) > 0.6
    check_serving(notebook, rows=3)
    check_pictures(notebook, browser, "tfhub", count=8)
