import logging
import time
from collections.abc import Iterator

import pytest

from models.training.progress.progress import ProgressReport
from models.training.progress.progress_lines import PROGRESS_LOGGER


class _Clock:
    """A clock that tests move."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Clock]:
    clock = _Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    yield clock
    monkeypatch.undo()


def _take_steps(report: ProgressReport, clock: _Clock, steps: int, step_s: float) -> None:
    for step in range(steps):
        clock.now += step_s
        report.on_train_batch_end(step, {"loss": 0.5})


def test_the_rate_counts_rows_without_the_first_step(clock: _Clock) -> None:
    report = ProgressReport(epoch=0, epochs=1, first_step=0, plan=(10, 80))

    _take_steps(report, clock, steps=1, step_s=30.0)  # traces the graph
    _take_steps(report, clock, steps=4, step_s=0.5)

    # 4 steps of 8 rows in 2 s.
    assert report.examples_per_s == pytest.approx(16)


def test_the_rate_leaves_the_evaluation_out(clock: _Clock) -> None:
    report = ProgressReport(epoch=0, epochs=1, first_step=0, plan=(3, 24))
    _take_steps(report, clock, steps=3, step_s=0.5)

    clock.now += 1000

    assert report.examples_per_s == pytest.approx(16)


def test_a_rate_that_is_not_known_is_zero() -> None:
    assert ProgressReport(epoch=0, epochs=1, first_step=0, plan=(3, 24)).examples_per_s == 0


def test_a_line_tells_step_loss_rate_and_time_left(
    clock: _Clock, caplog: pytest.LogCaptureFixture
) -> None:
    report = ProgressReport(epoch=1, epochs=3, first_step=0, plan=(10, 80))

    with caplog.at_level(logging.INFO, PROGRESS_LOGGER):
        _take_steps(report, clock, steps=4, step_s=2.0)

    # 6 steps of this epoch and 10 of the next are left, each 2 s long.
    line = "epoch 2/3 · step 4/10 · loss 0.500 · 4 examples/s · 32 s left"
    assert caplog.messages[-1] == line


def test_a_resumed_epoch_counts_on(clock: _Clock, caplog: pytest.LogCaptureFixture) -> None:
    report = ProgressReport(epoch=0, epochs=1, first_step=7, plan=(10, 80))

    with caplog.at_level(logging.INFO, PROGRESS_LOGGER):
        _take_steps(report, clock, steps=2, step_s=2.0)

    assert "step 9/10" in caplog.messages[-1]
    assert report.examples_per_s == pytest.approx(4)


def test_fast_steps_share_a_line_a_second(clock: _Clock, caplog: pytest.LogCaptureFixture) -> None:
    report = ProgressReport(epoch=0, epochs=1, first_step=0, plan=(100, 800))

    with caplog.at_level(logging.INFO, PROGRESS_LOGGER):
        _take_steps(report, clock, steps=99, step_s=1 / 16)  # exact in binary: 6.2 s in all

    assert len(caplog.messages) == 7  # the first step, then one each second


def test_the_last_step_always_gets_a_line(clock: _Clock, caplog: pytest.LogCaptureFixture) -> None:
    report = ProgressReport(epoch=0, epochs=1, first_step=0, plan=(5, 40))

    with caplog.at_level(logging.INFO, PROGRESS_LOGGER):
        _take_steps(report, clock, steps=5, step_s=1 / 1024)

    assert ["step 1/5" in line for line in caplog.messages] == [True, False]
    assert "step 5/5" in caplog.messages[1]
