import resource
import sys
from pathlib import Path

import pytest

from benchmarks.processes import used_by


def test_what_a_process_takes_is_measured() -> None:
    work = (
        "import time; held = b'x' * (200 * 2**20); end = time.process_time() + 0.3\n"
        "while time.process_time() < end: pass"
    )

    used = used_by([sys.executable, "-c", work])
    # Until it executes the command, a child shares its parent's memory.
    own_peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    assert used.seconds >= 0.3
    assert used.processor_s >= 0.3
    assert 200 <= used.peak_mib < 400 + own_peak_mib


def test_a_command_that_fails_is_named() -> None:
    with pytest.raises(SystemExit, match="Trainer ended with exit code 3; run it by hand"):
        used_by([sys.executable, "-c", "raise SystemExit(3)"], "Trainer")


def test_it_runs_in_the_folder(tmp_path: Path) -> None:
    used_by([sys.executable, "-c", "open('here', 'w').close()"], folder=tmp_path)

    assert (tmp_path / "here").exists()
