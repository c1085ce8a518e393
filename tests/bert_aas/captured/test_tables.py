"""Captured requests in SQL, from the server's own files."""

import re
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bert_aas.captured.tables import CapturedTable
from bert_aas.catalogue.sql.asking import Limits, asked
from bert_aas.contracts.errors import InvalidInputError
from serving.capture.rules import CaptureRules
from serving.capture.sinks import CaptureSink
from serving.runtime.tensors import bytes_array
from tests.serving.capture.inferences import ORIGIN, text_inference

Ask = Callable[[str], list[tuple[Any, ...]]]
PAGE = Path(__file__).parents[3] / "docs" / "capture.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two requests of `reviews` 3, the second of two texts, and one of version 4."""
    root = tmp_path_factory.mktemp("captured")
    sink = CaptureSink(CaptureRules(root, {"*": 1.0}))
    outputs = {
        "label": bytes_array([b"good", b"bad"]),
        "probabilities": np.array([[0.25, 0.75], [1.0, 0.0]], np.float32),
    }
    two = text_inference("", inputs={"text": bytes_array([b"soft", b"torn"])}, outputs=outputs)
    one, later = text_inference("caf\xe9"), text_inference("new", version=4)
    assert sink.write([(inference, ORIGIN) for inference in (one, two, later)]) == []
    sink.close()
    return root


def ask(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with asked(query, [CapturedTable(folder)], Limits()) as answer:
        return list(answer.rows())


def test_a_row_for_each_text(folder: Path) -> None:
    query = "SELECT version, row, text, label, probability FROM captured ORDER BY version, text"
    assert ask(folder, query) == [
        (3, 0, "caf\xe9", "good", pytest.approx(0.9)),
        (3, 0, "soft", "good", 0.75),
        (3, 1, "torn", "bad", 1.0),
        (4, 0, "new", "good", pytest.approx(0.9)),
    ]


def test_what_is_known_of_a_request(folder: Path) -> None:
    query = """
        SELECT time, model, request_id, inference_id, method, signature, entrypoint
        FROM captured WHERE version = 4"""
    [row] = ask(folder, query)
    time = datetime(2026, 11, 30, 0, 53, 20, 250_000, timezone.utc)
    names = ("reviews", "request-7", "order-9", "predict", "serving_default", "REST")
    assert row == (time, *names)
    events = "SELECT count(DISTINCT event_id) FROM captured"
    assert ask(folder, events) == [(3,)]


def test_all_values_are_there_as_json(folder: Path) -> None:
    query = "SELECT input ->> '$.text', output -> '$.probabilities' FROM captured WHERE row = 1"
    assert ask(folder, query) == [("torn", "[1.0,0.0]")]


def test_the_query_of_the_page(folder: Path) -> None:
    [query] = re.findall(r"```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert ask(folder, query) == [
        (3, "good", 2, pytest.approx(0.825)),
        (3, "bad", 1, 1.0),
        (4, "good", 1, pytest.approx(0.9)),
    ]


def test_the_table_is_listed_where_there_is_one(folder: Path, tmp_path: Path) -> None:
    [offered] = CapturedTable(folder).offered()
    assert (str(offered.name), offered.kind) == ("captured", "captured")
    assert list(CapturedTable(tmp_path).offered()) == []


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"no captured requests: .*none is not a folder"):
        ask(tmp_path / "none", "SELECT * FROM captured")
    assert ask(tmp_path, "SELECT * FROM captured") == []
