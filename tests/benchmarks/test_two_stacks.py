import shlex
import sys

import pytest

from benchmarks.two_stacks import call, commands, measure, rows


def test_the_stacks_take_turns_and_the_share_is_the_others() -> None:
    taken = {"ours": (2.0, 1.0), "other": (3.0, 4.0)}
    order: list[str] = []

    def run(command: list[str]) -> tuple[float, float]:
        side = "other" if command[0] == "in-the-root" else "ours"
        order.append(f"{side} {command[-1]}")
        return taken[side]

    found = measure({"a": "x", "b": "y"}, {"ours": [], "other": ["in-the-root"]}, 2, run)

    assert order == ["ours x", "ours y", "other x", "other y"] * 2
    assert list(rows(found))[:3] == [
        ["a", "ours", "2 (2-2)", "1 (1-1)"],
        ["a", "other", "3 (3-3)", "4 (4-4)"],
        ["", "other / ours", "1.50", "4.00"],
    ]


def test_the_first_run_starts_anew_and_the_next_one_finds_it() -> None:
    found = commands("my config.yaml")

    assert found["a first run"].endswith(found["a cached run"])
    assert "--config 'my config.yaml'" in found["a cached run"]
    assert all(shlex.split(command) for command in found.values())


def test_processor_seconds_are_those_of_the_children() -> None:
    work = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    shell = shlex.join([sys.executable, "-c", work])

    seconds, processor = call(["sh", "-c", f"{shell}; true"])

    assert seconds >= processor >= 0.3


def test_a_command_that_fails_is_named() -> None:
    with pytest.raises(SystemExit, match="sh -c 'exit 3' ended with exit code 3"):
        call(["sh", "-c", "exit 3"])
