import json
from pathlib import Path
from typing import Any

import pytest

from bert_aas.captured.events import read_events
from serving.capture.lines import capture_line
from serving.capture.redaction import Redactor
from serving.capture.rules import Redaction
from tests.serving.capture.inferences import ORIGIN, text_inference

LINE = capture_line(text_inference("soft"), ORIGIN, Redactor(Redaction()))


def changed(**changes: Any) -> bytes:
    return json.dumps(json.loads(LINE) | changes).encode() + b"\n"


def test_what_the_server_wrote(tmp_path: Path) -> None:
    (tmp_path / "reviews" / "3").mkdir(parents=True)
    (tmp_path / "reviews" / "3" / "a.jsonl").write_bytes(LINE)
    [event] = read_events(tmp_path)
    assert event.time.isoformat() == "2026-11-30T00:53:20.250000+00:00"
    assert (event.metadata["modelName"], event.metadata["requestId"]) == ("reviews", "request-7")
    assert event.asked["inputs"] == {"text": ["soft"]}
    assert event.answered["outputs"]["label"] == ["good"]


@pytest.mark.parametrize(
    "broken",
    [
        LINE[:-30],
        LINE[: len(LINE) // 2],
        b"\n",
        b"[1]\n",
        b"\xff\n",
        b"[" * 100_000,
        changed(eventMetadata={"inferenceTime": "yesterday"}),
        changed(eventMetadata={"inferenceTime": "2026-11-30T00:00:00"}),
        changed(captureData={}),
    ],
)
def test_what_is_no_event_is_left_out(tmp_path: Path, broken: bytes) -> None:
    (tmp_path / "a.jsonl").write_bytes(LINE + broken)
    (tmp_path / "b.jsonl").write_bytes(LINE)
    assert len(list(read_events(tmp_path))) == 2


def test_data_in_other_encodings_stay_as_they_are(tmp_path: Path) -> None:
    part = {"observedContentType": "text/csv", "data": "1,2", "encoding": "CSV"}
    line = changed(captureData={"endpointInput": part, "endpointOutput": part})
    (tmp_path / "a.jsonl").write_bytes(line)
    [event] = read_events(tmp_path)
    assert (event.asked, event.answered) == ("1,2", "1,2")
