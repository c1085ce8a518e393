import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving.capture.capture_file import CaptureFile
from serving.capture.inference import Origin
from serving.capture.recorder import Recorder
from serving.capture.rules import LoggingRules
from serving.runtime.tensors import bytes_array
from serving.servables.model import LoadedModel
from tests.serving.capture.inferences import ORIGIN, Outcomes
from tests.serving.version_folders import run_nothing, wait_until

MODEL = LoadedModel("reviews", 3, {}, {}, run_nothing)
OUTPUTS = {"label": bytes_array([b"good"])}


def configure(folder: Path, into: str = "captured", **changes: Any) -> Path:
    document = {"folder": str(folder / into), "sampling_percent": {"reviews": 100}} | changes
    aside = folder / "aside"
    aside.write_text(json.dumps(document))
    return aside.rename(folder / "capture.json")


@contextmanager
def running(recorder: Recorder) -> Iterator[Recorder]:
    recorder.start()
    try:
        yield recorder
    finally:
        recorder.stop()


def ask(
    recorder: Recorder, text: str = "a", origin: Origin = ORIGIN, outputs: Any = OUTPUTS
) -> bool:
    note = recorder.note("predict", MODEL, "", {"text": bytes_array([text.encode()])}, outputs)
    if note is not None:
        recorder.record([note], origin)
    return note is not None


def texts(folder: Path) -> list[str]:
    lines = [line for path in folder.rglob("*.jsonl") for line in path.read_text().splitlines()]
    events = [json.loads(line)["captureData"]["endpointInput"] for line in lines]
    return [json.loads(event["data"])["inputs"]["text"][0] for event in events]


def test_without_a_configuration_nothing_is_noted() -> None:
    recorder = Recorder(Outcomes())
    assert not ask(recorder)


def test_what_waits_is_written_before_the_end(tmp_path: Path) -> None:
    outcomes = Outcomes()
    with running(Recorder(outcomes, CaptureFile(configure(tmp_path), 0))) as recorder:
        for number in range(200):
            assert ask(recorder, str(number))
    assert texts(tmp_path / "captured") == [str(number) for number in range(200)]
    assert outcomes.counts == {("reviews", "capture", "written"): 200}


def test_a_share_of_the_requests_is_written(tmp_path: Path) -> None:
    draws = iter([0.19, 0.2, 0.21, 0.0])
    file = CaptureFile(configure(tmp_path, sampling_percent={"reviews": 20}), 0)
    recorder = Recorder(Outcomes(), file, draw=lambda: next(draws))
    assert [ask(recorder) for _ in range(4)] == [True, False, False, True]
    recorder.stop()


def test_models_that_are_not_named_are_left_out(tmp_path: Path) -> None:
    file = CaptureFile(configure(tmp_path, sampling_percent={"others": 100}), 0)
    assert not ask(Recorder(Outcomes(), file))


def test_what_finds_no_room_is_counted(tmp_path: Path) -> None:
    outcomes = Outcomes()
    recorder = Recorder(outcomes, CaptureFile(configure(tmp_path, max_waiting_mib=1), 0))
    large = Origin("REST", 2 * 1024 * 1024)
    assert ask(recorder, origin=large)
    recorder.stop()
    assert outcomes.counts == {("reviews", "capture", "shed"): 1}


def test_both_logs_draw_lots_of_their_own(tmp_path: Path) -> None:
    outcomes = Outcomes()
    draws = iter([0.6, 0.1, 0.1, 0.9])
    recorder = Recorder(
        outcomes,
        CaptureFile(configure(tmp_path, sampling_percent={"reviews": 50}), 0),
        lambda _: LoggingRules(str(tmp_path / "served"), 0.5),
        lambda: next(draws),
    )
    with running(recorder):
        assert ask(recorder)
        assert ask(recorder)
    assert outcomes.counts == {
        ("reviews", "logging_config", "written"): 1,
        ("reviews", "capture", "written"): 1,
    }


def test_what_cannot_be_written_is_counted_and_the_rest_goes_on(tmp_path: Path) -> None:
    """No message holds a date."""
    outcomes = Outcomes()
    rules = LoggingRules(str(tmp_path / "served"), 1.0)
    recorder = Recorder(outcomes, logging_rules=lambda _: rules)
    with running(recorder):
        ask(recorder, outputs={"when": np.array(["2026-11-30"], "datetime64[D]")})
        ask(recorder)
        wait_until(lambda: sum(outcomes.counts.values()) == 2)
    assert outcomes.counts == {
        ("reviews", "logging_config", "failed"): 1,
        ("reviews", "logging_config", "written"): 1,
    }


def test_another_file_takes_over_and_a_wrong_one_does_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outcomes = Outcomes()
    with running(Recorder(outcomes, CaptureFile(configure(tmp_path), 0.01))) as recorder:
        assert ask(recorder, "first")
        wait_until(lambda: outcomes.counts["reviews", "capture", "written"] == 1)
        configure(tmp_path, sampling_percent={"reviews": 200})
        wait_until(lambda: bool(caplog.messages))
        assert ask(recorder, "second")
        wait_until(lambda: outcomes.counts["reviews", "capture", "written"] == 2)
        configure(tmp_path, "elsewhere")
        wait_until(lambda: ask(recorder, "third") and texts(tmp_path / "elsewhere") != [])
        configure(tmp_path, sampling_percent={"others": 100})
        wait_until(lambda: not ask(recorder, "fourth"))
    [message] = caplog.messages
    assert (
        "sampling_percent.reviews is 200; give more than 0 and at most 100. The rules in force"
        in message
    )
    assert texts(tmp_path / "captured") == [
        "first",
        "second",
        *["third"] * (len(texts(tmp_path / "captured")) - 2),
    ]
