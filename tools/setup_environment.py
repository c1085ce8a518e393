"""Build `.venv` from the locked requirements. Standard library only; any Python 3 can run it.

With --serving, build `.venv-serving` instead: the model server alone, without TFX. With --airflow
or --airflow3, build `.venv-airflow` or `.venv-airflow3`: Airflow 2 or 3, without TFX. With --bench,
build `.venv-bench`: what the benchmarks compare with. With --oracles, build `.venv-oracles`: what
tests compare our figures with. With --mlflow, build `.venv-mlflow`: the web pages of MLflow.

There are two sets of locks, called stacks: `current` (Python 3.11 to 3.13, TFX 1.21) and `older`
(Python 3.10, TFX 1.16). The environment variable STACK chooses one. Without it, the stack of
`.venv` is kept; a first `.venv` is built with `current` where Python and glibc allow it.

Usage: [STACK=current|older] \
  python3 tools/setup_environment.py \
  [--dev | --serving | --airflow | --airflow3 | --bench | --oracles | --mlflow]
"""

import argparse
import functools
import glob
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
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
    "oracles": (ROOT / ".venv-oracles", ("uv.txt", "oracles.txt"), "1 GB"),
    "mlflow": (ROOT / ".venv-mlflow", ("uv.txt", "mlflow.txt"), "1 GB"),
}
REFUSED = 2


@dataclass(frozen=True)
class Stack:
    """A set of locks, and what it runs on.

    Attributes:
        name: Its folder in `requirements/`.
        pythons: Versions of Python, the preferred one first.
        glibc: The oldest release of the C library that its packages load with.
        contents: What a message says of it.
        systems: Systems that have the C library.
    """

    name: str
    pythons: "tuple[tuple[int, int], ...]"
    glibc: "tuple[int, int]"
    contents: str
    systems: str


CURRENT = Stack(
    "current",
    ((3, 13), (3, 12), (3, 11)),
    (2, 39),
    "TFX 1.21, TensorFlow 2.21",
    "Ubuntu 24.04, Debian 13, RHEL 10 or newer",
)
OLDER = Stack(
    "older",
    ((3, 10),),
    (2, 28),
    "TFX 1.16, TensorFlow 2.16",
    "Ubuntu 20.04, Debian 10, RHEL 8 or newer",
)
STACKS = {stack.name: stack for stack in (CURRENT, OLDER)}


class NoStackError(Exception):
    """No stack fits the machine, or the one asked for does not; the message says what to do."""


def main() -> int:
    """Build or update the environment; do nothing if it is up to date."""
    if "--missing-python" in sys.argv[1:]:
        print(missing_python())
        return 0
    venv, locks, size = chosen()
    try:
        stack, why = choose_stack(os.environ.get("STACK", ""))
    except NoStackError as error:
        print(error, file=sys.stderr)
        return REFUSED
    stamp = venv / ".locks"
    wanted = {name: digest(ROOT / "requirements" / stack.name / name) for name in locks}
    wanted.update({name: digest(ROOT / name) for name in METADATA})
    wanted["stack"] = stack.name
    built = stamp.read_text().split() if stamp.is_file() else []
    if all(f"{name}={value}" in built for name, value in wanted.items()):
        return 0
    python = find_python(stack)
    if python is None:
        print(no_python(stack), file=sys.stderr)
        return REFUSED
    print(f"building {venv.name} with {python} (about {size} of packages)", flush=True)
    print(f"  the stack `{stack.name}` ({stack.contents}): {why}", flush=True)
    build(python, venv, stack, locks)
    stamp.write_text("\n".join(f"{name}={value}" for name, value in wanted.items()))
    return 0


def chosen() -> "tuple[Path, tuple[str, ...], str]":
    """Read the command line: which environment, from which locks, about how big."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--missing-python",
        action="store_true",
        help="build nothing; print the Python to install first, nothing if one is there",
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--dev", action="store_true", help="also what tests and checks need")
    for name in OTHERS:
        group.add_argument(f"--{name}", action="store_true", help=f"build {OTHERS[name][0].name}")
    arguments = parser.parse_args()
    for name, other in OTHERS.items():
        if getattr(arguments, name):
            return other
    return VENV, LOCKS + (DEV_LOCKS if arguments.dev else ()), "2 GB"


def choose_stack(asked: str) -> "tuple[Stack, str]":
    """Choose the stack: the one asked for, that of `.venv`, or what the machine can run.

    Args:
        asked: The value of STACK; an empty text leaves the choice to this program.

    Returns:
        The stack, and the reason in words.

    Raises:
        NoStackError: If there is none of that name, or the machine cannot run it.
    """
    if asked and asked not in STACKS:
        raise NoStackError(f"STACK={asked}: there are the stacks `current` and `older`.")
    glibc = find_glibc()
    if glibc is None or platform.machine() not in {"x86_64", "AMD64"}:
        raise NoStackError(
            f"TFX has packages for Linux with glibc on x86-64 alone; this is {platform.system()} "
            f"on {platform.machine()}. Use a container or a virtual machine with "
            f"{CURRENT.systems}, or Colab (docs/environment.md)."
        )
    if asked:
        return asked_for(STACKS[asked], glibc), "STACK asks for it"
    kept = stack_of(VENV)
    if kept is not None and not lacking(kept, glibc):
        return kept, ".venv has it"
    return fitting(glibc)


def asked_for(stack: Stack, glibc: "tuple[int, int]") -> Stack:
    """Return a stack that was asked for, or say why it cannot run here."""
    why_not = lacking(stack, glibc)
    if not why_not:
        return stack
    cure = "`make setup` without STACK takes the one that runs here."
    raise NoStackError(
        f"The stack `{stack.name}` ({stack.contents}) cannot run here: {why_not}. "
        f"{no_python(stack) if glibc >= stack.glibc else cure}"
    )


def fitting(glibc: "tuple[int, int]") -> "tuple[Stack, str]":
    """Return the newest stack that runs here and the reason, or say what the machine lacks."""
    why_not = lacking(CURRENT, glibc)
    if not why_not:
        return CURRENT, f"this machine has glibc {spelled(glibc)} and a Python for it"
    if not lacking(OLDER, glibc):
        return OLDER, f"`{CURRENT.name}` cannot run here: {why_not}"
    for stack in (CURRENT, OLDER):
        if glibc >= stack.glibc:
            raise NoStackError(no_python(stack))
    raise NoStackError(
        f"This machine has glibc {spelled(glibc)}; TFX needs {CURRENT.systems} (the stack "
        f"`current`) or {OLDER.systems} (`older`)."
    )


def lacking(stack: Stack, glibc: "tuple[int, int]") -> str:
    """Say what the machine lacks for a stack; an empty text if nothing."""
    if glibc < stack.glibc:
        return (
            f"it needs glibc {spelled(stack.glibc)} or newer ({stack.systems}), and this machine "
            f"has {spelled(glibc)}"
        )
    if find_python(stack) is None:
        return f"no Python {versions(stack)} was found"
    return ""


def no_python(stack: Stack) -> str:
    """Say how to get a Python of a stack."""
    name = spelled(stack.pythons[0])
    return (
        f"Python {versions(stack)} was not found: install it (uv python install {name}; or: pyenv "
        f"install {name}; or, where the system has it: apt-get install python{name} "
        f"python{name}-venv) and run this again."
    )


def missing_python() -> str:
    """Name the Python that the machine's C library allows and nobody installed, such as 3.10."""
    glibc = find_glibc()
    fitting_ones = [stack for stack in STACKS.values() if glibc and glibc >= stack.glibc]
    if not fitting_ones or any(find_python(stack) for stack in fitting_ones):
        return ""
    return spelled(fitting_ones[0].pythons[0])


def versions(stack: Stack) -> str:
    """Spell a stack's versions of Python, the oldest first."""
    names = [spelled(version) for version in sorted(stack.pythons)]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def spelled(version: "tuple[int, ...]") -> str:
    """Write a version with its dots."""
    return ".".join(map(str, version))


def find_glibc() -> "tuple[int, int] | None":
    """Read the release of the C library; None where it is another one, or no Linux."""
    try:
        name, _, release = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    except (AttributeError, OSError, ValueError):
        return None
    major, _, minor = release.partition(".")
    return (int(major), int(minor.split(".")[0])) if name == "glibc" and minor else None


def stack_of(venv: Path) -> "Stack | None":
    """Read which stack an environment was built with; environments of before have `older`."""
    try:
        built = (venv / ".locks").read_text().split()
    except OSError:
        return None
    names = [line.partition("=")[2] for line in built if line.startswith("stack=")]
    return STACKS.get(names[0]) if names else OLDER


@functools.lru_cache(maxsize=None)  # noqa: UP033 - Python 3.8 may run this; it starts processes
def find_python(stack: Stack) -> "str | None":
    """Find an interpreter of a stack: this one, on the PATH, of pyenv, of uv."""
    candidates = [sys.executable, shutil.which("python3")]
    pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    of_uv = os.path.expanduser("~/.local/share/uv/python")
    for version in stack.pythons:
        name = spelled(version)
        candidates.append(shutil.which(f"python{name}"))
        candidates += sorted(glob.glob(f"{pyenv}/versions/{name}.*/bin/python"), reverse=True)
        candidates += sorted(glob.glob(f"{of_uv}/cpython-{name}.*/bin/python3"), reverse=True)
    return next((path for path in candidates if path and is_wanted(path, stack)), None)


def is_wanted(python: str, stack: Stack) -> bool:
    """Ask an interpreter for its version and whether it can make environments."""
    code = f"import sys, venv, ensurepip; sys.exit(sys.version_info[:2] not in {stack.pythons})"
    try:
        return subprocess.run([python, "-c", code], capture_output=True).returncode == 0
    except OSError:
        return False


def build(python: str, venv: Path, stack: Stack, locks: "tuple[str, ...]") -> None:
    """Make the environment and install the locks, hashes checked."""
    venv_python = str(venv / "bin" / "python")
    kept = stack_of(venv) in {None, stack} and is_wanted(venv_python, stack)
    if not kept:
        subprocess.run([python, "-m", "venv", "--clear", str(venv)], check=True)
    requirements = ROOT / "requirements" / stack.name
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
    if sys.dont_write_bytecode:
        compile_packages(venv_python)


def compile_packages(python: str) -> None:
    """Compile what is installed to byte code.

    Where PYTHONDONTWRITEBYTECODE is set, as in many images, no process keeps what it has compiled
    of its imports, and importing TFX takes three times as long each time.

    Args:
        python: The environment's.
    """
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    # Some packages bring files that warn, or that no Python 3 can compile: that is no error.
    quiet = [python, "-W", "ignore", "-m", "compileall", "-q", "-q"]
    subprocess.run([*quiet, "-j", "0", packages.stdout.strip()])


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, cut to 16 digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


if __name__ == "__main__":
    sys.exit(main())
