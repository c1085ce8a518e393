"""Resolve the requirements of the stacks again; each result names every package with its hashes.

Usage: .venv/bin/python tools/lock_requirements.py [--keep] [current] [older]
"""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "requirements"
# One lock of `current` fits Python 3.11 to 3.13: where releases differ, its lines have markers.
PYTHONS = {
    "current": ("--universal", "--python-version", "3.11"),
    "older": ("--python-version", "3.10"),
}
ALONE = ("--no-deps",)  # what these packages ask for is left out on purpose; see the files
OPTIONS: "dict[str, tuple[str, ...]]" = {
    "uv": (),
    "encoder": ALONE,
    "main": ("--override", "overrides.txt"),
    "dev": ("--override", "overrides.txt", "--constraint", "{stack}/main.txt"),
    "serving": ("--constraint", "{stack}/main.txt"),
    "serving-tensorflow": ALONE,
    "airflow": (),
    "airflow3": (),
    "bench": ("--override", "bench-overrides.txt"),
    "oracles": (),
    "mlflow": (),
}


def main() -> int:
    """Resolve the stacks that the command line names, all of them without a name."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("stacks", nargs="*", choices=[*PYTHONS, []], help="default: both")
    parser.add_argument(
        "--keep", action="store_true", help="change only what the .in files ask for anew"
    )
    arguments = parser.parse_args()
    for stack in arguments.stacks or PYTHONS:
        for name in OPTIONS:
            print(f"requirements/{stack}/{name}.txt", flush=True)
            subprocess.run(command(stack, name, arguments.keep), cwd=REQUIREMENTS, check=True)
    return 0


def command(stack: str, name: str, keep: bool) -> "list[str]":
    """Write the call of uv that resolves one file of one stack.

    Args:
        stack: "current" or "older".
        name: The file without its suffix.
        keep: Keep the releases that the lock has already, where they still fit.

    Returns:
        The command and its arguments, to be run in `requirements/`.
    """
    uv = str(Path(sys.executable).with_name("uv"))
    options = [option.format(stack=stack) for option in OPTIONS[name]]
    return [
        *(uv, "pip", "compile", "--quiet", *([] if keep else ["--upgrade"]), *PYTHONS[stack]),
        *("--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-annotate"),
        *("--custom-compile-command", "make lock", *options, f"{name}.in"),
        *("-o", f"{stack}/{name}.txt"),
    ]


if __name__ == "__main__":
    sys.exit(main())
