"""What TensorFlow 2.21 writes while it is loaded, written by a stand-in."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
WRITTEN = (
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
    "I0000 00:00:1796034611.734361    9951 port.cc:153] oneDNN custom operations are on.\n"
    "E0000 00:00:1796034611.734657    9951 cuda.cc:31] broken\n"
    "To enable the following, rebuild\n"
)
KEPT = WRITTEN.splitlines(keepends=True)[2:]
BLOCK = """
import os, sys
from bert_aas.contracts.processes import start_up_messages as messages
"""


def run(code: str, *paths: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", BLOCK + code]
    return subprocess.run(
        command,
        cwd=ROOT,
        env={"PYTHONPATH": ":".join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_only_informative_lines_are_left_out() -> None:
    done = run(
        f"with messages.start_up_messages_left_out(): os.write(2, {WRITTEN.encode()!r})\n"
        "print('after', file=sys.stderr)"
    )

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "".join(KEPT) + "after\n"


def test_an_error_is_said_after_the_lines() -> None:
    done = run(
        "with messages.start_up_messages_left_out():\n"
        "  print('python', file=sys.stderr); raise ValueError('no')"
    )

    assert done.returncode == 1
    assert done.stderr.startswith("python\nTraceback")
    assert done.stderr.endswith("ValueError: no\n")


def test_a_process_without_standard_error_goes_on() -> None:
    done = run("os.close(2)\nwith messages.start_up_messages_left_out(): print('done', flush=True)")

    assert done.stdout == "done\n"


@pytest.mark.parametrize("import_it", ["import noisy", "from noisy import name"])
def test_a_package_is_quiet_whoever_imports_it(tmp_path: Path, import_it: str) -> None:
    (tmp_path / "noisy").mkdir()
    (tmp_path / "noisy" / "__init__.py").write_text(
        f"import os; os.write(2, {WRITTEN.encode()!r}); name = 1"
    )
    done = run(
        "messages.leave_out_start_up_messages('noisy')\n"
        "messages.leave_out_start_up_messages('noisy')\n"
        f"{import_it}\nimport noisy\n"
        "print(noisy.name, noisy.__spec__.name, len(sys.meta_path))\n"
        "os.write(2, b'I0000 00:00: x\\n')",
        str(tmp_path),
    )
    plain = run("print(len(sys.meta_path))")

    assert done.stdout.split() == ["1", "noisy", plain.stdout.strip()], done.stderr
    assert done.stderr == "".join(KEPT) + "I0000 00:00: x\n"


def test_a_package_that_is_not_there_is_missed_as_ever() -> None:
    done = run("messages.leave_out_start_up_messages('nowhere')\nimport nowhere")

    assert done.stderr.endswith("ModuleNotFoundError: No module named 'nowhere'\n")


def test_a_package_that_is_loaded_stays_as_it_is() -> None:
    done = run(
        "before = list(sys.meta_path); messages.leave_out_start_up_messages('os')\n"
        "print(sys.meta_path == before)"
    )

    assert done.stdout == "True\n"
