"""Test the stack that `.venv` does not have: CI runs both.

It runs in a copy of the checkout with a Python of its own where the C library allows it, else in a
root of Debian 13 (tools/debian_root.py); where neither can be had, it says why and passes. It runs
the fast tests, and of the others those marked `both_stacks`. OTHER_STACK=no leaves it out.

Usage: python3 tools/other_stack.py
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools import debian_root, setup_environment
from tools.setup_environment import CURRENT, STACKS, NoStackError, Stack

MARKED = "(not slow and not e2e or both_stacks) and not network and not gpu"
TESTS = (
    "make setup-dev setup-serving && .venv/bin/python -m pytest "
    f"-m '{MARKED}' --numprocesses 2 --max-worker-restart 0 --dist loadfile"
)


def main() -> int:
    """Run the tests; return their exit code, 0 where they cannot run."""
    if os.environ.get("OTHER_STACK") == "no":
        print("OTHER_STACK=no: the other stack is not tested")
        return 0
    try:
        own = setup_environment.stack_of(setup_environment.VENV)
        own = own or setup_environment.choose_stack("")[0]
    except NoStackError as error:
        print(error, file=sys.stderr)
        return 2
    (other,) = (stack for stack in STACKS.values() if stack is not own)
    lacking = setup_environment.lacking(other, setup_environment.find_glibc() or (0, 0))
    if not lacking:
        print(f"testing the stack `{other.name}` in a copy of the checkout", flush=True)
        return in_a_copy(other)
    why_not = debian_root.missing() if other is CURRENT else "its Python is missing"
    if why_not:
        print(f"the stack `{other.name}` is not tested here: {lacking}; {why_not}")
        return 0
    print(f"testing the stack `{other.name}` in a root of Debian 13: {lacking}", flush=True)
    program = str(Path(debian_root.__file__))
    return run(other, [sys.executable, program, "sh", "-c", TESTS], setup_environment.ROOT)


def in_a_copy(stack: Stack) -> int:
    """Copy what git knows or does not ignore, and run the tests there; keep its environments."""
    root = setup_environment.ROOT
    copy = debian_root.kept(stack.name) / debian_root.name_of_checkout()
    copy.mkdir(parents=True, exist_ok=True)
    for path in copy.iterdir():
        if not path.name.startswith(".venv"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
    )
    for name in filter(None, os.fsdecode(listed.stdout).split("\0")):
        if (root / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, copy / name)
    return run(stack, ["sh", "-c", TESTS], copy)


def run(stack: Stack, command: "list[str]", folder: Path) -> int:
    """Run a command with a stack chosen; return its exit code."""
    variables = {**os.environ, "STACK": stack.name}
    return subprocess.run(command, cwd=folder, env=variables, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
