"""What `bert-aas doctor` says about environments that do not fit."""

import importlib.util
import platform
from importlib import metadata
from typing import Any

import pytest

from pipeline.commands.work.runs import diagnosis as doctor

INSTALLED = {"tfx": "1.16.0", "rich": "13.2", "tensorflow-hub": "0.16.1"}
DECLARED = [
    "rich>=13",
    'tfx<2,>=1.16; extra == "pipeline"',
    'kfp>=2; extra == "kubeflow"',
    "numpy; python_version<'3'",
]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What is installed, to be changed; by default it fits."""
    installed = dict(INSTALLED)

    def version(name: str) -> str:
        if name not in installed:
            raise metadata.PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(metadata, "version", version)
    monkeypatch.setattr(metadata, "requires", lambda name: DECLARED)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(metadata, "metadata", lambda name: {"Requires-Python": "<3.14,>=3.10"})
    monkeypatch.setattr(platform, "python_version", lambda: "3.10.9")
    return installed


def test_nothing_to_say_where_all_fits(environment: dict[str, str]) -> None:
    assert doctor.diagnose() == []


def test_a_missing_package(environment: dict[str, str]) -> None:
    del environment["rich"]
    assert doctor.diagnose() == ["rich is not installed; rich>=13 is needed"]


def test_a_version_that_does_not_fit(environment: dict[str, str]) -> None:
    environment["tfx"] = "1.15.1"
    assert doctor.diagnose() == ["tfx 1.15.1 is installed; tfx<2,>=1.16 is needed"]


def test_a_release_candidate_fits(environment: dict[str, str]) -> None:
    environment["tfx"] = "1.17.0rc1"
    assert doctor.diagnose() == []


@pytest.mark.parametrize("found", ["0.15.0", None])
def test_tensorflow_hub_as_tfx_pins_it(environment: dict[str, str], found: str | None) -> None:
    if found:
        environment["tensorflow-hub"] = found
    else:
        del environment["tensorflow-hub"]
    (sentence,) = doctor.diagnose()
    assert sentence.startswith(f"tensorflow-hub: {found or 'none'} is installed; 0.16.1 is needed")
    assert "`pip install --no-deps tensorflow-hub==0.16.1`" in sentence


@pytest.mark.parametrize("version", ["3.9.20", "3.14.0", "3.15.0a1"])
def test_another_python(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(platform, "python_version", lambda: version)
    assert doctor.diagnose() == [f"This is Python {version}; bert-aas needs <3.14,>=3.10"]


@pytest.mark.parametrize("version", ["3.11.0", "3.13.5", "3.13.0rc2"])
def test_pythons_of_both_stacks(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(platform, "python_version", lambda: version)
    assert doctor.diagnose() == []


def test_no_encoder(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    (sentence,) = doctor.diagnose()
    assert "the bundled encoder is not installed" in sentence


def test_not_installed_at_all(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def requires(name: str) -> Any:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", requires)
    monkeypatch.setattr(metadata, "metadata", requires)
    assert doctor.diagnose() == ["bert-aas itself is not installed; `make setup` installs it"]
