import json
import logging
from dataclasses import replace
from datetime import datetime

import pytest

from serving.errors import Code
from serving.observing.access_log import AccessLog
from serving.observing.observer import BatchRecord, LoadRecord, RequestRecord

RECORD = RequestRecord(
    entrypoint="REST",
    api="predict",
    path="/v1/models/hp:predict",
    model_name="hp",
    known_model=True,
    version=2,
    code=Code.OK,
    http_status=200,
    seconds=0.0123456,
    request_bytes=10,
    response_bytes=20,
    peer="127.0.0.1:5",
)


@pytest.fixture(autouse=True)
def _level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "serving.access")


def test_a_line_is_json(caplog: pytest.LogCaptureFixture) -> None:
    AccessLog().request(RECORD)
    line = json.loads(caplog.messages[0])
    assert datetime.fromisoformat(line.pop("time")).tzinfo is not None
    assert line == {
        "entrypoint": "REST",
        "api": "predict",
        "path": "/v1/models/hp:predict",
        "model": "hp",
        "version": 2,
        "code": "OK",
        "http_status": 200,
        "ms": 12.346,
        "request_bytes": 10,
        "response_bytes": 20,
        "peer": "127.0.0.1:5",
    }


def test_names_cannot_break_lines(caplog: pytest.LogCaptureFixture) -> None:
    name = 'a\r\nb\u2028c\x1b[31m"\udcff'
    AccessLog().request(replace(RECORD, model_name=name))
    (line,) = caplog.messages
    assert line.isprintable()
    assert line.isascii()
    assert json.loads(line)["model"] == name.replace("\udcff", "\ufffd")
    assert "\\ud" not in line  # strict readers of JSON take no lone surrogates


def test_long_names_are_cut(caplog: pytest.LogCaptureFixture) -> None:
    AccessLog().request(replace(RECORD, model_name="n" * 5000, path="/" + "p" * 5000))
    line = json.loads(caplog.messages[0])
    assert line["model"] == "n" * 253 + "..."
    assert line["path"] == "/" + "p" * 252 + "..."


def test_one_line_per_request(caplog: pytest.LogCaptureFixture) -> None:
    log = AccessLog()
    log.run("hp", "predict", 0.1)
    log.batch(BatchRecord("hp", 1, 1))
    log.load(LoadRecord("hp", 1, Code.OK, 1.0))
    assert caplog.messages == []
