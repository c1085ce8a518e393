"""What the sdist and the wheel hold, and what the wheel asks for."""

import re
import sys
import tarfile
import zipfile
from email import message_from_string
from email.message import Message
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.distribution.conftest import ROOT
from tools.setup_environment import STACKS, Stack

pytestmark = pytest.mark.slow

PACKAGES = {"bert_aas", "pipeline", "components", "models", "serving"}
EXTRAS = {
    "pipeline",
    "serving",
    "airflow",
    "kubeflow",
    "notebook",
    "label-errors",
    "registry",
    "sign",
    "tracing",
    "dev",
}
RUNNER_PACKAGES = {"apache-airflow", "kfp", "jupyterlab"}


def files_of_packages() -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture
def wheel_names(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.fixture
def wheel_metadata(wheel: Path, wheel_names: set[str]) -> Message:
    (name,) = (name for name in wheel_names if name.endswith(".dist-info/METADATA"))
    return message_from_string(zipfile.ZipFile(wheel).read(name).decode())


def test_the_wheel_is_the_packages_and_nothing_else(wheel_names: set[str]) -> None:
    ours = {name for name in wheel_names if ".dist-info/" not in name}
    assert ours == files_of_packages()


def test_what_is_no_python_is_there_at_all() -> None:
    suffixes = {Path(name).suffix for name in files_of_packages()}
    assert {".css", ".html", ".j2", ".json"} <= suffixes
    assert {f"{package}/py.typed" for package in PACKAGES} <= files_of_packages()


def test_the_wheel_has_the_licence(wheel: Path, wheel_names: set[str]) -> None:
    (name,) = (name for name in wheel_names if name.endswith("/LICENSE"))
    assert zipfile.ZipFile(wheel).read(name) == (ROOT / "LICENSE").read_bytes()


def test_the_sdist_has_what_its_build_reads_and_no_tests(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        members = [member.name for member in archive.getmembers() if member.isfile()]
    names = {name.partition("/")[2] for name in members}
    read = {f"requirements/{path.name}" for path in (ROOT / "requirements").glob("*.in")}
    texts = {"README.md", "LICENSE", "CHANGELOG.md", "requirements/overrides.txt"}
    build_files = {"setup.py", "setup.cfg", "pyproject.toml", "MANIFEST.in", "PKG-INFO"}
    rest = {name for name in names if not name.startswith("bert_aas.egg-info/")}
    assert rest == files_of_packages() | read | texts | build_files


def test_the_server_alone_needs_no_tfx(wheel_metadata: Message) -> None:
    assert "tensorflow" in asked_for(wheel_metadata, "serving")
    for extra in ("", "serving", "airflow", "tracing"):
        assert not {"tfx", "apache-beam", "tf-keras"} & asked_for(wheel_metadata, extra)


def test_without_an_extra_there_is_neither_tensorflow_nor_an_orchestrator(
    wheel_metadata: Message,
) -> None:
    base = asked_for(wheel_metadata, "")
    assert {"click", "pydantic", "requests"} <= base
    assert not {"tensorflow", "grpcio"} & base
    assert not RUNNER_PACKAGES & base


@pytest.mark.parametrize(
    ("extra", "runner_packages"),
    [
        ("pipeline", set()),
        ("kubeflow", {"kfp"}),
        ("notebook", {"jupyterlab"}),
        ("airflow", {"apache-airflow"}),
    ],
)
def test_an_extra_brings_its_runner(
    wheel_metadata: Message, extra: str, runner_packages: set[str]
) -> None:
    found = asked_for(wheel_metadata, extra)
    assert found & RUNNER_PACKAGES == runner_packages
    assert ("tfx" in found) == (extra != "airflow")


@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_the_extras_together_are_what_make_setup_installs(
    wheel_metadata: Message, stack: Stack
) -> None:
    lock = (ROOT / "requirements" / stack.name / "main.txt").read_text(encoding="utf-8")
    pins = re.findall(r"^([\w.-]+)(?:\[\w+\])?==(\S+)", lock, re.MULTILINE)
    for python in stack.pythons:
        for extra in ("", "pipeline", "kubeflow", "notebook"):
            for requirement in requirements(wheel_metadata, extra, python):
                pinned = [pin for name, pin in pins if name == requirement.name.lower()]
                assert pinned, requirement
                assert all(map(requirement.specifier.contains, pinned)), requirement


def test_the_metadata_tell_what_a_stranger_asks(wheel_metadata: Message) -> None:
    assert set(wheel_metadata.get_all("Provides-Extra", [])) == EXTRAS
    assert "Typing :: Typed" in wheel_metadata.get_all("Classifier", [])
    urls = dict(text.split(", ") for text in wheel_metadata.get_all("Project-URL", []))
    assert {"Source", "Documentation", "Changelog", "Issues"} == set(urls)
    assert all(url.startswith("https://github.com/") for url in urls.values())


def requirements(
    metadata: Message, extra: str, python: tuple[int, int] = sys.version_info[:2]
) -> list[Requirement]:
    environment = {"extra": extra, "python_version": ".".join(map(str, python))}
    given = map(Requirement, metadata.get_all("Requires-Dist", []))
    return [each for each in given if not each.marker or each.marker.evaluate(environment)]


def asked_for(metadata: Message, extra: str) -> set[str]:
    return {requirement.name for requirement in requirements(metadata, extra)}
