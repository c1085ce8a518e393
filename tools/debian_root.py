"""Run a command in Debian 13, in a folder that this program makes once and keeps.

A machine with an older glibc cannot run the stack `current` (docs/environment.md); in a root of
Debian 13 it can. The checkout keeps its path in there, but it has `.venv*` and `output` of its
own, for each checkout. Needs Linux, the rights of root and `debootstrap`. Standard library only;
any Python 3 runs it.

Usage: python3 tools/debian_root.py make demo
       python3 tools/debian_root.py --packages chromium,chromium-driver make test
"""

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO, Optional

ROOT = Path(__file__).resolve().parents[1]
SUITE = "trixie"
MIRROR = "http://deb.debian.org/debian"
PACKAGES = "python3,python3-venv,python3-dev,ca-certificates,make,git,gcc,g++,libgomp1,curl,procps"
SYSTEM = ("/proc", "/dev", "/dev/pts", "/sys")
OWN = (
    ".venv",
    ".venv-serving",
    ".venv-airflow",
    ".venv-airflow3",
    ".venv-bench",
    ".venv-oracles",
    ".venv-mlflow",
    "output",
)
HANDED_IN = re.compile(
    r"(PIP_|UV_|SSL_|OPENBLAS_|PYTEST_|PYTHON(UN|DONT)).*|.*(CA_BUNDLE|_CERTS|_CERT|CAINFO|_PATH)"
    r"|(https?|no|all)_proxy|CI|LANG|STACK|TERM",
    re.IGNORECASE,
)
NOT_HANDED_IN = re.compile(r"LD_.*|PYTHONPATH|.*_HOME", re.IGNORECASE)
CLIENTS = ("/etc/pip.conf", "/etc/uv", "~/.config/pip", "~/.config/uv", "~/.pip", "/etc/ssl/certs")
LOCAL_PATH = re.compile(r"(?:file://)?(/[\w.@+-]+(?:/[\w.@+-]+)*)")
REFUSED = 2


def main() -> int:
    """Make the root if it is not there yet; run the command in it; return its exit code."""
    arguments = parse()
    folder = arguments.folder.expanduser().resolve()
    why_not = missing()
    if why_not:
        print(f"No Debian 13 root here: {why_not}.", file=sys.stderr)
        return REFUSED
    if not (folder / "made").is_file():
        make(folder)
    binds = (*clients(), *map(Path.resolve, arguments.bind))
    install(folder, arguments.packages)
    return run(folder, arguments.command, binds).returncode


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--folder",
        type=Path,
        default=kept("debian13"),
        help="where the root is kept, 4 GB with an environment (default: %(default)s)",
    )
    parser.add_argument(
        "--packages", default="", help="packages of Debian that it shall have, by commas"
    )
    parser.add_argument(
        "--bind",
        type=Path,
        action="append",
        default=[],
        help="a folder of this machine that it shall have at the same path, only to read",
    )
    parser.add_argument("command", nargs=argparse.REMAINDER, help="what to run in the checkout")
    arguments = parser.parse_args()
    if not arguments.command:
        parser.error("name the command that shall run in the root")
    return arguments


def kept(name: str) -> Path:
    """Name a folder of ours in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "bert-aas" / name


def name_of_checkout() -> str:
    """Name this checkout after its path."""
    return str(ROOT).strip("/").replace("/", "-")


def missing() -> str:
    """Say what this machine lacks for a root; an empty text if nothing."""
    if not sys.platform.startswith("linux"):
        return f"it needs Linux; this is {sys.platform}"
    if os.geteuid():
        return "it needs the rights of root (sudo)"
    tried = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True)
    if tried.returncode:
        return f"mounts are not allowed ({tried.stderr.strip()})"
    if not shutil.which("debootstrap"):
        return "debootstrap is not installed (apt-get install debootstrap)"
    return ""


def make(folder: Path) -> None:
    """Install Debian 13 into a folder; what an interrupted try left is thrown away."""
    root = folder / "root"
    print(f"making a Debian 13 root in {folder} (0.8 GB, about a minute)", flush=True)
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    include = f"--include={PACKAGES}"
    command = ["debootstrap", "--variant=minbase", include, SUITE, str(root), MIRROR]
    log = folder / "debootstrap.log"
    with log.open("wb") as output:
        done = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise SystemExit(f"debootstrap ended with exit code {done.returncode}; see {log}")
    (folder / "made").touch()


def install(folder: Path, packages: str) -> None:
    """Install the packages that the root lacks; nothing is shown in it that it may not write."""
    wanted = [name for name in packages.split(",") if name]
    listed = folder / "root" / "var" / "lib" / "dpkg" / "info"
    wanted = [name for name in wanted if not list(listed.glob(f"{name}[.:]*list"))]
    if not wanted:
        return
    print(f"installing {', '.join(wanted)}", flush=True)
    log = folder / "apt.log"
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    for step in (["update"], ["install", "-y", "--no-install-recommends", *wanted]):
        with log.open("ab") as output:
            done = run(folder, [*quiet, *step], output=output)
        if done.returncode:
            raise SystemExit(f"apt-get ended with exit code {done.returncode}; see {log}")


def run(
    folder: Path,
    command: "list[str]",
    binds: "tuple[Path, ...]" = (),
    output: "Optional[BinaryIO]" = None,
) -> "subprocess.CompletedProcess[bytes]":
    """Run a command in the root, in the checkout; write what it prints to a file, if given."""
    script = entered(folder, command, binds)
    # A mount namespace of its own: whatever ends this program, the mounts go with it.
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", script], check=False, stdout=output, stderr=output
    )


def entered(folder: Path, command: "list[str]", binds: "tuple[Path, ...]") -> str:
    """Write the shell's commands that mount what the root needs and run the command in it.

    Args:
        folder: Where the root is kept.
        command: The command and its arguments.
        binds: What the root has of this machine beside the usual, only to read.

    Returns:
        A script for `sh`, to be run in a mount namespace of its own.
    """
    root = folder / "root"
    lines = ["set -e", "mount --make-rprivate /"]
    for path in (*map(Path, SYSTEM), ROOT):
        lines += mounted(path, root, path)
    own = folder / "own" / name_of_checkout()
    for name in OWN:
        (own / name).mkdir(parents=True, exist_ok=True)
        lines += mounted(own / name, root, ROOT / name)
    for path in binds:
        lines += mounted(path, root, path, "ro")
    lines.append(f"cp /etc/resolv.conf /etc/hosts {shlex.quote(str(root / 'etc'))}/")
    inner = f"cd {shlex.quote(str(ROOT))} && exec {shlex.join(command)}"
    lines.append(shlex.join(["exec", "env", "-i", *variables(), "chroot", str(root), "sh", "-c"]))
    lines[-1] += f" {shlex.quote(inner)}"
    return "\n".join(lines)


def mounted(source: Path, root: Path, target: Path, options: str = "rw") -> "list[str]":
    """Write the shell's commands that show a file or folder of this machine in the root."""
    quoted = shlex.quote(str(source)), shlex.quote(str(root / target.relative_to("/")))
    create = "touch" if source.is_file() else "mkdir -p"
    return [
        f"mkdir -p {shlex.quote(str((root / target.relative_to('/')).parent))}",
        f"[ -e {quoted[1]} ] || {create} {quoted[1]}",
        f"mount --bind {quoted[0]} {quoted[1]}",
        *([f"mount -o remount,bind,{options} {quoted[1]}"] if options != "rw" else []),
    ]


def clients() -> "list[Path]":
    """The configurations of pip and uv, certificates, and local indexes that they name."""
    files = [Path(name).expanduser() for name in CLIENTS]
    found = [path for path in files if path.exists()]
    texts = [value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_"))]
    for path in found:
        inside = [path] if path.is_file() else sorted(path.glob("*.[ct]o*"))
        texts += [each.read_text() for each in inside if each.is_file()]
    named = {Path(match) for text in texts for match in LOCAL_PATH.findall(text)}
    # The pages of an index (PEP 503: `simple/`) name files beside it.
    named = {path.parent if path.name == "simple" else path for path in named}
    return found + sorted(path for path in named if path.is_dir() and path not in found)


def variables() -> "list[str]":
    """The environment of the command: what package clients and tests ask for, and no more."""
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    kept = {
        name: value
        for name, value in os.environ.items()
        if HANDED_IN.fullmatch(name) and not NOT_HANDED_IN.fullmatch(name)
    }
    kept.update({"PATH": path, "HOME": os.path.expanduser("~")})
    return [f"{name}={value}" for name, value in kept.items()]


if __name__ == "__main__":
    sys.exit(main())
