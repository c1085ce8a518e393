"""What libraries print goes to the log, from Python and from C++; the user sees the console."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import logging, os, sys, warnings
from pathlib import Path
from pipeline.console.quiet import output_to_log
with output_to_log(Path(sys.argv[1]), verbose=sys.argv[2] == "verbose") as console:
    os.write(1, b"C++ on stdout\\n")
    os.write(2, b"C++ on stderr\\n")
    print("Python on stdout")
    logging.getLogger("tfx").info("a log line")
    warnings.warn("a warning")
    console.print("for the user", style="red")
    if sys.argv[2] == "fail":
        raise KeyError("a failure")
os.write(1, b"after\\n")
"""
NOISE = (
    "C++ on stdout",
    "C++ on stderr",
    "Python on stdout",
    "INFO tfx: a log line",
    "py.warnings: ",
)


def run(log: Path, mode: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, str(log), mode]
    environment = {**os.environ, **variables}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_noise_goes_to_the_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "run.log"
    done = run(log, "quiet")
    assert (done.stdout, done.stderr, done.returncode) == ("for the user\nafter\n", "", 0)
    assert all(line in log.read_text() for line in NOISE)
    assert "for the user" not in log.read_text()


def test_a_pipe_gets_plain_text_whatever_the_environment_says(tmp_path: Path) -> None:
    done = run(tmp_path / "run.log", "quiet", FORCE_COLOR="1")
    assert done.stdout == "for the user\nafter\n"


def test_a_log_is_continued(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    log.write_text("earlier\n")
    run(log, "quiet")
    assert log.read_text().startswith("earlier\n")


def test_the_output_comes_back_after_a_failure(tmp_path: Path) -> None:
    done = run(tmp_path / "run.log", "fail")
    assert "KeyError: 'a failure'" in done.stderr
    assert done.stdout == "for the user\n"


def test_verbose_shows_everything_and_writes_no_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "run.log"
    done = run(log, "verbose")
    assert all(line in done.stdout + done.stderr for line in (*NOISE, "for the user"))
    assert not log.parent.exists()
