"""What is built: a sdist of a copy of the checkout, a wheel of that sdist, an environment."""

import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MADE_BY_TOOLS = (".*", "__pycache__", "*.egg-info", "build", "dist", "output")
BUILD_SDIST = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"

# Nothing leads back to the checkout, or to the network.
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PIP_NO_INDEX": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_CACHE_DIR": "1",
}


@dataclass(frozen=True)
class Installation:
    """An environment with the wheel and the locked packages, far from any checkout.

    Attributes:
        venv: The environment.
        folder: An empty folder to work in.
    """

    venv: Path
    folder: Path

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run a program of the environment in the empty folder."""
        done = subprocess.run(
            [str(self.venv / "bin" / command[0]), *command[1:]],
            cwd=self.folder,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def python(self, code: str) -> str:
        """Run Python and return what it printed."""
        return self.run("python", "-c", code).stdout


def build(*arguments: str, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist of a copy of the whole checkout."""
    checkout = tmp_path_factory.mktemp("copy") / "checkout"
    shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(*MADE_BY_TOOLS))
    made = tmp_path_factory.mktemp("sdist")
    build("-c", BUILD_SDIST, str(made), folder=checkout)
    (path,) = made.iterdir()
    return path


@pytest.fixture(scope="session")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of the sdist alone."""
    made = tmp_path_factory.mktemp("wheel")
    options = ("--no-build-isolation", "--no-deps", "--wheel-dir", str(made))
    build("-m", "pip", "wheel", *options, str(sdist), folder=made)
    (path,) = made.iterdir()
    return path


@pytest.fixture(scope="session")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Install the wheel; the packages of our own environment stand for its requirements."""
    folder = tmp_path_factory.mktemp("installation")
    venv.create(folder / "venv", symlinks=True, with_pip=True)
    made = Installation(folder / "venv", folder / "empty")
    made.folder.mkdir()
    made.run("python", "-m", "pip", "install", "--no-deps", str(wheel))
    packages = Path(made.python("import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    # As a line of a .pth file: the .pth files of that folder, ours among them, are not read.
    (packages / "requirements.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return made
