import json
import re
from pathlib import Path

import pytest

from serving.capture.rules import CaptureRules, FileLimits, LoggingRules
from serving.capture.sinks import CaptureSink, PredictionLogSink
from serving.runtime.protos import load_protos
from tests.serving.capture.inferences import ORIGIN, text_inference
from tests.serving.exporter import load_tensorflow


def test_a_folder_by_model_version_and_hour(tmp_path: Path) -> None:
    sink = CaptureSink(CaptureRules(tmp_path, {"*": 1.0}))
    inferences = [text_inference("a"), text_inference("b"), text_inference("c", version=4)]
    assert sink.write([(one, ORIGIN) for one in inferences]) == []
    sink.close()
    names = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.jsonl"))
    name = r"reviews/{}/\d{{4}}/\d\d/\d\d/\d\d/\d{{8}}T\d{{6}}Z-[0-9a-f]{{16}}\.jsonl"
    assert [
        bool(re.fullmatch(name.format(version), found))
        for version, found in zip((3, 4), names, strict=True)
    ] == [True, True]
    lines = [json.loads(line) for line in (tmp_path / names[0]).read_text().splitlines()]
    assert ["a" in line["captureData"]["endpointInput"]["data"] for line in lines] == [True, True]


@pytest.mark.parametrize(
    ("model", "folder"),
    [("..", "%2E%2E"), ("a/b:c", "a%2Fb%3Ac"), ("v1.2", "v1.2"), ("\udcff", "%FF")],
)
def test_the_name_of_a_model_leads_nowhere_else(tmp_path: Path, model: str, folder: str) -> None:
    sink = CaptureSink(CaptureRules(tmp_path / "captured", {"*": 1.0}))
    assert sink.write([(text_inference("a", model), ORIGIN)]) == []
    sink.close()
    assert [path.name for path in tmp_path.iterdir()] == ["captured"]
    assert [path.name for path in (tmp_path / "captured").iterdir()] == [folder]


def test_a_place_without_rights_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    sink = CaptureSink(CaptureRules(blocked, {"*": 1.0}, file_limits=FileLimits(1)))
    entry = (text_inference("a"), ORIGIN)
    assert sink.write([entry]) == [entry]
    assert sink.write([entry, entry]) == [entry, entry]
    [message] = caplog.messages
    assert re.fullmatch(
        r"Requests cannot be written down \(capture\): Not a directory \(.*\)\.", message
    )
    blocked.unlink()
    assert sink.write([entry]) == []
    blocked.rename(tmp_path / "moved")
    blocked.write_text("in the way again")
    assert sink.write([entry]) == [entry]
    assert len(caplog.messages) == 2
    sink.close()


def test_prediction_logs_are_read_by_tensorflow(tmp_path: Path) -> None:
    """TensorFlow's reader checks the frames; the messages are those of TensorFlow Serving."""
    sink = PredictionLogSink(LoggingRules(str(tmp_path / "logs" / "served"), 0.25))
    assert sink.write([(text_inference(text), ORIGIN) for text in ("a", "b")]) == []
    sink.close()
    [file] = (tmp_path / "logs").iterdir()
    assert re.fullmatch(r"served-reviews-\d{8}T\d{6}Z-[0-9a-f]{16}\.tfrecord", file.name)
    records = [item.numpy() for item in load_tensorflow().data.TFRecordDataset(str(file))]
    logs = [load_protos().prediction_log_pb2.PredictionLog.FromString(one) for one in records]
    first = logs[0]
    assert first.log_metadata.sampling_config.sampling_rate == 0.25
    assert first.log_metadata.timestamp_secs == 1_796_000_000
    for spec in (
        first.log_metadata.model_spec,
        first.predict_log.request.model_spec,
        first.predict_log.response.model_spec,
    ):
        assert (spec.name, spec.version.value, spec.signature_name) == (
            "reviews",
            3,
            "serving_default",
        )
    texts = [log.predict_log.request.inputs["text"].string_val[0] for log in logs]
    assert texts == [b"a", b"b"]
    answer = first.predict_log.response.outputs["probabilities"]
    assert list(answer.float_val) == pytest.approx([0.1, 0.9])
    assert [dim.size for dim in answer.tensor_shape.dim] == [1, 2]
