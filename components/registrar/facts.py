"""What can be told of the machine and the code that a model was registered with."""

import json
import platform
import shutil
import subprocess
from importlib import metadata

from bert_aas.registry.settings import container_image

_TIMEOUT_S = 10


def machine_facts() -> dict[str, str]:
    """Describe the machine and the code in the working folder.

    Returns:
        Name to text; what is not known is missing.
    """
    found = {
        "machine": f"{platform.node()}, {platform.machine()}, {platform.system()} "
        f"{platform.release()}",
        "python": platform.python_version(),
        "git_commit": _git("rev-parse", "HEAD"),
        "git_changes": "uncommitted" if _git("status", "--porcelain") else "",
        "container_image": container_image(),
    }
    return {name: text for name, text in found.items() if text}


def packages() -> str:
    """List the installed packages with their versions, JSON."""
    found = {one.metadata["Name"]: one.version for one in metadata.distributions()}
    return json.dumps(dict(sorted(found.items(), key=lambda pair: str(pair[0]).lower())), indent=1)


def _git(*arguments: str) -> str:
    """Ask git about the working folder; where it cannot be asked, nothing is known."""
    program = shutil.which("git")
    if program is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program
            [program, *arguments], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
