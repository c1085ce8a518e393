from pathlib import Path

import pytest

from serving.files.fingerprint import Entry, Fingerprint
from serving.versions.retries import Retries

KEY = (4, Path("/m/4"))
SEEN = Fingerprint((Entry("a", size=1),))
CHANGED = Fingerprint((Entry("a", size=2),))


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_what_has_not_failed_may_be_tried(clock: Clock) -> None:
    assert Retries(0, 60, clock).may_try(KEY, SEEN)


def test_a_failure_is_tried_again_after_the_pause(clock: Clock) -> None:
    retries = Retries(2, 60, clock)
    assert retries.record(KEY, SEEN)
    clock.now = 59
    assert not retries.may_try(KEY, SEEN)
    assert retries.pause_s([KEY]) == 1
    clock.now = 60
    assert retries.may_try(KEY, SEEN)


def test_the_retries_come_to_an_end(clock: Clock) -> None:
    retries = Retries(2, 0, clock)
    assert [retries.record(KEY, SEEN) for _ in range(3)] == [True, True, False]
    assert not retries.may_try(KEY, SEEN)
    assert retries.pause_s([KEY]) == float("inf")


def test_a_changed_folder_is_tried_at_once_and_counts_anew(clock: Clock) -> None:
    retries = Retries(1, 60, clock)
    retries.record(KEY, SEEN)
    retries.record(KEY, SEEN)
    assert retries.may_try(KEY, CHANGED)
    assert retries.record(KEY, CHANGED)


def test_a_forgotten_failure_may_be_tried(clock: Clock) -> None:
    retries = Retries(0, 60, clock)
    retries.record(KEY, SEEN)
    retries.keep([])
    assert retries.may_try(KEY, SEEN)


def test_a_version_that_was_loaded_has_no_failures(clock: Clock) -> None:
    retries = Retries(0, 60, clock)
    retries.record(KEY, SEEN)
    retries.clear(KEY)
    assert retries.may_try(KEY, SEEN)
