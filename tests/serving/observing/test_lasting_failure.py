"""A failure that lasts is logged when it begins, and when it is another one."""

import logging

import pytest

from serving.observing.lasting_failure import LastingFailure


def test_a_failure_is_logged_once_until_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    failure = LastingFailure(logging.getLogger("serving.test"), "%s is not used: %s", "a.conf")
    for what in ("it is empty", "it is empty", "it is gone", "it is empty"):
        failure.note(what)
    failure.end()
    failure.note("it is empty")
    assert caplog.messages == [
        f"a.conf is not used: {what}"
        for what in ("it is empty", "it is gone", "it is empty", "it is empty")
    ]
