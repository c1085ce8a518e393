"""The pipeline's image, built without Docker: its COPY and RUN steps, below a folder of the test.

Two steps are left out: the installation of the locked requirements (the packages of the test's own
environment stand for them) and those that need root.
"""

import re
import shutil
import subprocess
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy.dockerfiles import copies, instructions
from tests.deploy.tools import DEPLOY, ROOT
from tools.setup_environment import CURRENT

DOCKERFILE = DEPLOY / "pipeline.Dockerfile"
LEFT_OUT = ("--require-hashes", "groupadd")
CACHE = "/opt/bert-aas-cache"


@dataclass(frozen=True)
class Image:
    """What was built.

    Attributes:
        root: The folder that stands for `/`.
    """

    root: Path

    def placed(self, text: str) -> str:
        """Move the image's own paths below its root."""
        return re.sub(r"(?<![\w.])/(opt|source|requirements)\b", rf"{self.root}/\1", text)

    def run(self, command: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of a shell with the environment that the image sets."""
        source = Path(self.placed("/source"))
        variables = {
            "PATH": self.placed("/opt/pipeline/bin:/usr/bin:/bin"),
            "HOME": str(self.root / "home"),
            "BERT_AAS_CACHE": self.placed(CACHE),
        }
        return subprocess.run(
            ["/bin/sh", "-c", self.placed(command)],
            cwd=next(filter(Path.is_dir, (source, self.root))),
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    built = Image(tmp_path_factory.mktemp("image"))
    (built.root / "home").mkdir()
    for sources, target in copies(DOCKERFILE):
        for source in sources:
            _copy(ROOT / source, Path(built.placed(target)))
    venv.create(built.placed("/opt/pipeline"), symlinks=True)
    (packages,) = Path(built.placed("/opt/pipeline/lib")).glob("python3.*/site-packages")
    (packages / "requirements.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    for command in instructions(DOCKERFILE, "RUN"):
        if not any(word in command for word in LEFT_OUT):
            done = built.run(command)
            assert done.returncode == 0, command + done.stdout + done.stderr
    shutil.rmtree(built.placed("/source"))  # the last stage does not have it
    return built


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


@pytest.mark.e2e
def test_the_entry_point_is_the_installed_program(image: Image) -> None:
    assert instructions(DOCKERFILE, "ENTRYPOINT")[-1] == '["bert-aas"]'
    assert image.run("command -v bert-aas").stdout.strip() == image.placed(
        "/opt/pipeline/bin/bert-aas"
    )
    helped = image.run("bert-aas node --help")
    assert helped.returncode == 0, helped.stderr
    assert "--executor-input" in helped.stdout


@pytest.mark.e2e
def test_the_packages_are_the_images_own(image: Image) -> None:
    where = image.run("python -c 'import pipeline.cli; print(pipeline.cli.__file__)'").stdout
    assert where.startswith(image.placed("/opt/pipeline/lib/"))


@pytest.mark.e2e
def test_the_bundled_encoder_is_found_without_being_imported_again(image: Image) -> None:
    cache = Path(image.placed(CACHE))
    kept = sorted(cache.iterdir())
    (module,) = (path for path in kept if path.is_dir())
    before = (module / "saved_model.pb").stat().st_mtime_ns
    found = image.run(
        "python -c 'from models.encoders.resolving import resolve; "
        "from models.params import EncoderParams; from models.environment import cache_dir; "
        "print(resolve(EncoderParams(), cache_dir()).path)'"
    )
    assert found.stdout.strip() == str(module), found.stderr
    assert (module / "saved_model.pb").stat().st_mtime_ns == before
    assert sorted(cache.iterdir()) == kept


def test_python_is_the_one_that_the_lock_is_for() -> None:
    stages = instructions(DOCKERFILE, "FROM")
    version = ".".join(map(str, CURRENT.pythons[0]))
    assert [stage for stage in stages if stage.startswith("python:")] == [
        f"python:{version}-trixie AS environment",
        f"python:{version}-slim-trixie AS runtime",
    ]


def test_beams_program_is_of_the_locked_release() -> None:
    lock = (ROOT / "requirements" / "current" / "main.txt").read_text(encoding="utf-8")
    (release,) = re.findall(r"^apache-beam(?:\[\w+\])?==(\S+)", lock, re.MULTILINE)
    assert f"apache/beam_python3.13_sdk:{release} AS beam" in instructions(DOCKERFILE, "FROM")


def test_the_default_image_is_the_pipelines() -> None:
    assert instructions(DOCKERFILE, "FROM")[-1] == "runtime AS pipeline"
