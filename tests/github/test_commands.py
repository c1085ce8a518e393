"""What the hosted workflow and the hooks of git run is there, and is what `make check` runs."""

import os
import re
import shlex
from typing import Any

import pytest
import yaml

from tests.deploy.tools import ROOT
from tools.setup_environment import STACKS

WORKFLOWS = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in (ROOT / ".github" / "workflows").glob("*.yml")
}
JOBS = {name: job for workflow in WORKFLOWS.values() for name, job in workflow["jobs"].items()}
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
ACTION = re.compile(r"actions/[a-z-]+@v\d+")


def steps(job: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = JOBS[job]["steps"]
    return found


def commands(job: str) -> list[list[str]]:
    lines = (step["run"] for step in steps(job) if "run" in step)
    return [shlex.split(line) for text in lines for line in text.splitlines()]


def recipes(*targets: str) -> list[list[str]]:
    """Return the commands of make targets, with the folder of the programs spelt out."""
    found = []
    for target in targets:
        (text,) = re.findall(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
        found += [shlex.split(line.replace("$(BIN)", ".venv/bin")) for line in text.splitlines()]
    return found


def hooks() -> list[dict[str, Any]]:
    return [hook for repository in HOOKS["repos"] for hook in repository["hooks"]]


@pytest.mark.parametrize("job", JOBS)
def test_every_command_of_a_job_is_there(job: str) -> None:
    assert commands(job)
    for program, *arguments in commands(job):
        if program == "make":
            for target in arguments:
                assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target
        else:
            assert os.access(ROOT / program, os.X_OK), program


def test_the_jobs_run_what_ci_runs() -> None:
    assert commands("tests") == [[".ci/run"]]
    (line,) = commands("lint")
    assert shlex.join(line) in CI.splitlines()


def test_jobs_may_only_read_and_end_some_day() -> None:
    for workflow in WORKFLOWS.values():
        assert workflow["permissions"] == {"contents": "read"}
        assert workflow["concurrency"]["group"]
    assert not any("permissions" in job for job in JOBS.values())
    assert all(0 < job["timeout-minutes"] <= 180 for job in JOBS.values())


@pytest.mark.parametrize("job", JOBS)
def test_actions_are_githubs_own_of_one_major_release(job: str) -> None:
    used = [step["uses"] for step in steps(job) if "uses" in step]
    assert used
    assert all(ACTION.fullmatch(name) for name in used)
    (checkout,) = (
        step for step in steps(job) if step.get("uses", "").startswith("actions/checkout")
    )
    assert checkout["with"]["persist-credentials"] is False


@pytest.mark.parametrize("job", JOBS)
def test_python_and_the_cache_follow_the_files_that_say_what_is_installed(job: str) -> None:
    options = {
        step["uses"].partition("@")[0]: step["with"] for step in steps(job) if "uses" in step
    }
    assert options["actions/setup-python"]["python-version"] == "${{ matrix.python }}"
    (pattern,) = re.findall(r"hashFiles\('(.+)'\)", options["actions/cache"]["key"])
    for stack in STACKS:
        assert ROOT / "requirements" / stack / "main.txt" in ROOT.glob(pattern)
    assert ".cache/uv" in options["actions/cache"]["path"]


@pytest.mark.parametrize("job", JOBS)
def test_every_job_has_both_stacks_each_with_a_python_of_it(job: str) -> None:
    given = JOBS[job]
    assert given["env"]["STACK"] == "${{ matrix.stack }}"
    runs = given["strategy"]["matrix"]["include"]
    assert {run["stack"] for run in runs} == set(STACKS)
    for run in runs:
        assert tuple(map(int, run["python"].split("."))) in STACKS[run["stack"]].pythons


def test_hooks_ask_no_network() -> None:
    assert {repository["repo"] for repository in HOOKS["repos"]} == {"local"}
    assert {hook["language"] for hook in hooks()} == {"system"}


def test_the_hooks_are_the_checks_of_make() -> None:
    given = {tuple(shlex.split(hook["entry"])[:2]) for hook in hooks()}
    assert given == {tuple(line[:2]) for line in recipes("lint")} | {
        tuple(line) for line in recipes("types", "imports")
    }
    for program, *_ in given:
        assert os.access(ROOT / program, os.X_OK), program


def test_a_hook_that_looks_at_everything_is_given_no_files() -> None:
    alone = {hook["id"] for hook in hooks() if not hook.get("pass_filenames", True)}
    assert alone == {"mypy", "import-directions"}
