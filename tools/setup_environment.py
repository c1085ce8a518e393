"""Build `.venv` from the locked requirements. Standard library only; any Python 3 can run it.

With --serving, build `.venv-serving` instead: the model server alone, without TFX. With --airflow
or --airflow3, build `.venv-airflow` or `.venv-airflow3`: Airflow 2 or 3, without TFX. With --bench,
build `.venv-bench`: what the benchmarks compare with.

Usage: python3 tools/setup_environment.py [--dev | --serving | --airflow | --airflow3 | --bench]
"""

import argparse
import glob
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
WANTED = (3, 10)
LOCKS = ("uv.txt", "main.txt", "encoder.txt")
DEV_LOCKS = ("dev.txt",)
METADATA = ("setup.py", "bert_aas/version.py")  # what the installed project says of itself
# Option: environment, locks, size.
OTHERS = {
    "serving": (
        ROOT / ".venv-serving",
        ("uv.txt", "serving.txt", "serving-tensorflow.txt"),
        "1 GB",
    ),
    "airflow": (ROOT / ".venv-airflow", ("uv.txt", "airflow.txt"), "300 MB"),
    "airflow3": (ROOT / ".venv-airflow3", ("uv.txt", "airflow3.txt"), "300 MB"),
    "bench": (ROOT / ".venv-bench", ("uv.txt", "bench.txt"), "4 GB"),
}

NO_PYTHON = (
    "Python 3.10 was not found: install it (Debian/Ubuntu: apt-get install python3.10 "
    "python3.10-venv; or: pyenv install 3.10; or: uv python install 3.10) and run this again."
)


def main() -> int:
    """Build or update the environment; do nothing if it is up to date."""
    venv, locks, size = chosen()
    stamp = venv / ".locks"
    wanted = {name: digest(ROOT / "requirements" / name) for name in locks}
    wanted.update({name: digest(ROOT / name) for name in METADATA})
    built = stamp.read_text().split() if stamp.is_file() else []
    if all(f"{name}={value}" in built for name, value in wanted.items()):
        return 0
    python = find_python()
    if python is None:
        print(NO_PYTHON, file=sys.stderr)
        return 2
    print(f"building {venv.name} with {python} (about {size} of packages)", flush=True)
    build(python, venv, locks)
    stamp.write_text("\n".join(f"{name}={value}" for name, value in wanted.items()))
    return 0


def chosen() -> "tuple[Path, tuple[str, ...], str]":
    """Read the command line: which environment, from which locks, about how big."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--dev", action="store_true", help="also what tests and checks need")
    for name in OTHERS:
        group.add_argument(f"--{name}", action="store_true", help=f"build {OTHERS[name][0].name}")
    arguments = parser.parse_args()
    for name, other in OTHERS.items():
        if getattr(arguments, name):
            return other
    return VENV, LOCKS + (DEV_LOCKS if arguments.dev else ()), "2 GB"


def find_python() -> "str | None":
    """Find an interpreter of the wanted version: this one, on the PATH, of pyenv, of uv."""
    name = ".".join(map(str, WANTED))
    pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    candidates = [sys.executable, shutil.which(f"python{name}"), shutil.which("python3")]
    candidates += sorted(glob.glob(f"{pyenv}/versions/{name}*/bin/python"), reverse=True)
    candidates += sorted(
        glob.glob(os.path.expanduser(f"~/.local/share/uv/python/cpython-{name}*/bin/python3"))
    )
    return next((path for path in candidates if path and is_wanted(path)), None)


def is_wanted(python: str) -> bool:
    """Ask an interpreter for its version and whether it can make environments."""
    code = f"import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != {WANTED})"
    try:
        return subprocess.run([python, "-c", code], capture_output=True).returncode == 0
    except OSError:
        return False


def build(python: str, venv: Path, locks: "tuple[str, ...]") -> None:
    """Make the environment and install the locks, hashes checked."""
    venv_python = str(venv / "bin" / "python")
    if not Path(venv_python).exists() or not is_wanted(venv_python):
        subprocess.run([python, "-m", "venv", "--clear", str(venv)], check=True)
    requirements = ROOT / "requirements"
    subprocess.run(
        [venv_python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        + ["--require-hashes", "--no-deps", "-r", str(requirements / "uv.txt")],
        check=True,
    )
    install = [str(venv / "bin" / "uv"), "pip", "install", "--quiet", "--python", venv_python]
    # No resolution: the lock is complete, and TFX's own pin of tensorflow-hub must not win.
    for name in locks:
        subprocess.run(
            [*install, "--no-deps", "--require-hashes", "-r", str(requirements / name)], check=True
        )
    subprocess.run([*install, "--no-deps", "--no-build-isolation", "-e", str(ROOT)], check=True)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, cut to 16 digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


if __name__ == "__main__":
    sys.exit(main())
