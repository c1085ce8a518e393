from collections.abc import Callable
from typing import Any

import pytest

from tests.notebooks.outputs import cell_with, html
from tests.notebooks.rendered import Browser
from tests.notebooks.walkthrough import check_data, check_model, check_pictures, check_serving

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def notebook(execute: Callable[[str], Any]) -> Any:
    return execute("bert_from_huggingface")


def test_a_checkpoint_becomes_a_served_classifier(notebook: Any, browser: Browser) -> None:
    similar = html(cell_with(notebook, "tf.math.l2_normalize"))
    assert similar.count("<tr") == 5
    check_data(notebook, "ENUM_TYPE_UNEXPECTED_STRING_VALUES")
    assert check_model(notebook) > 0.6
    check_serving(notebook, rows=2)
    check_pictures(notebook, browser, "huggingface", count=8)


def test_another_page_goes_on_where_the_last_one_stopped(notebook: Any) -> None:
    restored = html(cell_with(notebook, "again.restore()"))
    assert "Pusher" in restored
    assert "other values" not in restored
    changed = html(cell_with(notebook, "again.configure"))
    assert changed.count("badge cached") >= 6
    assert changed.count("badge executed") == 1
    assert "below the threshold" in html(cell_with(notebook, 'again.show("verdict")'))
