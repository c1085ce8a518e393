import logging
import subprocess
import sys
from pathlib import Path

import pytest

from serving.observing.standard_output import OneLineFormatter, valid_text

ROOT = Path(__file__).parents[3]
LOG_LINES = """
import logging
from serving.observing.standard_output import OutputHandler, say
logging.basicConfig(format="%(message)s")
say("first")
log = logging.getLogger("lines")
log.propagate = False
log.addHandler(OutputHandler())
for number in range(3):
    log.warning("line %s", number)
"""


@pytest.mark.parametrize(
    ("text", "valid"), [("a\udcff\ud800b", "a\ufffd\ufffdb"), ("é😀", "é😀"), ("", "")]
)
def test_texts_become_such_as_can_be_encoded(text: str, valid: str) -> None:
    assert valid_text(text) == valid
    assert valid_text(text).encode("utf-8")[:0] == b""


def test_a_message_stays_on_its_line() -> None:
    name = "m\n2026-01-01 ERROR forged\r\x1b[31m\u2028\udcff é"
    record = logging.LogRecord("a", logging.ERROR, "f", 1, "Model %s.", (name,), None)
    text = OneLineFormatter("%(levelname)s %(message)s").format(record)
    forged = "m\\n2026-01-01 ERROR forged\\r\\x1b[31m\\u2028\\udcff é"
    assert text == f"ERROR Model {forged}."


def test_a_traceback_keeps_its_lines() -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        record = logging.LogRecord("a", logging.ERROR, "f", 1, "It failed.", (), sys.exc_info())
    lines = OneLineFormatter("%(message)s").format(record).splitlines()
    assert lines[:2] == ["It failed.", "Traceback (most recent call last):"]
    assert lines[-1] == "ValueError: broken"


@pytest.mark.parametrize(
    ("output", "error"),
    [
        ("", ""),
        ("| true", "Lines of the access log are lost: Broken pipe.\n"),
        (">&-", ""),
        ("> /dev/full", "Lines of the access log are lost: No space left on device.\n"),
    ],
)
def test_output_that_fails_costs_one_line(output: str, error: str) -> None:
    # The pipe's reader has left before the first line is written.
    command = f'set -o pipefail; (sleep 0.5; exec "$0" -c "$1") {output}'
    done = subprocess.run(
        ["/bin/bash", "-c", command, sys.executable, LOG_LINES],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == error
    assert done.stdout == ("" if output else "first\nline 0\nline 1\nline 2\n")
    assert done.returncode == 0
