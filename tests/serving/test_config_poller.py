from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.config_poller import ConfigPoller
from serving.states import State
from serving.versions.lifecycle import LifecycleOptions
from serving.versions.model_config import ModelConfig
from serving.versions.registry import ModelRegistry
from tests.serving.version_folders import LIMIT_S, TextLoader, add_version, wait_until


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[ModelRegistry]:
    """Models `a` (version 1) and `b` (version 2) lie ready; none is configured."""
    add_version(tmp_path / "a", 1)
    add_version(tmp_path / "b", 2)
    made = ModelRegistry(TextLoader(), LifecycleOptions(poll_wait_s=0.01, max_num_load_retries=0))
    made.start()
    yield made
    made.stop(LIMIT_S)


def write(file: Path, name: str, more: str = "") -> Path:
    base = file.parent / name
    model = f'name: "{name}" base_path: "{base}" model_platform: "tensorflow" {more}'
    file.with_suffix(".new").write_text(f"model_config_list {{ config {{ {model} }} }}")
    return file.with_suffix(".new").rename(file)


def states(registry: ModelRegistry, name: str) -> list[State]:
    repository = registry.repository(name)
    return [] if repository is None else [s.state for s in repository.known_statuses()]


def test_another_file_swaps_the_models(registry: ModelRegistry, tmp_path: Path) -> None:
    poller = ConfigPoller(write(tmp_path / "models", "a"), registry, LIMIT_S)
    poller.poll()
    assert states(registry, "a") == [State.AVAILABLE]
    write(tmp_path / "models", "b")
    poller.poll()
    assert states(registry, "b") == [State.AVAILABLE]
    wait_until(lambda: states(registry, "a") == [State.END])


def test_the_file_is_followed(registry: ModelRegistry, tmp_path: Path) -> None:
    poller = ConfigPoller(write(tmp_path / "models", "a"), registry, 0.01)
    poller.start()
    wait_until(lambda: states(registry, "a") == [State.AVAILABLE])
    write(tmp_path / "models", "b")
    wait_until(lambda: states(registry, "a") == [State.END])
    wait_until(lambda: states(registry, "b") == [State.AVAILABLE])
    poller.stop()


def test_without_a_period_nothing_is_followed(registry: ModelRegistry, tmp_path: Path) -> None:
    poller = ConfigPoller(write(tmp_path / "models", "a"), registry, 0)
    poller.start()
    poller.stop()
    assert registry.configs == {}


@pytest.mark.parametrize("text", [None, "nonsense", ""])
def test_an_unusable_file_leaves_all_as_it_is(
    registry: ModelRegistry, tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str | None
) -> None:
    file = write(tmp_path / "models", "a")
    poller = ConfigPoller(file, registry, LIMIT_S)
    poller.poll()
    file.unlink()
    if text is not None:
        file.write_text(text)
    poller.poll()
    poller.poll()
    assert states(registry, "a") == [State.AVAILABLE]
    assert caplog.text.count("is not used:") == 1


def test_a_file_that_is_empty_from_the_start_leaves_what_comes_from_elsewhere(
    registry: ModelRegistry, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "models"
    file.touch()
    poller = ConfigPoller(file, registry, LIMIT_S, was_empty=True)
    registry.reload([ModelConfig("b", tmp_path / "b")], LIMIT_S)
    poller.poll()
    assert states(registry, "b") == [State.AVAILABLE]
    assert caplog.text == ""
    write(file, "a")
    poller.poll()
    wait_until(lambda: states(registry, "b") == [State.END])
    assert states(registry, "a") == [State.AVAILABLE]
    file.write_text("")
    poller.poll()
    assert states(registry, "a") == [State.AVAILABLE]
    assert "is not used: it is empty" in caplog.text


def test_an_unchanged_file_is_applied_again(registry: ModelRegistry, tmp_path: Path) -> None:
    label = 'version_labels { key: "next" value: 7 } model_version_policy { all {} }'
    poller = ConfigPoller(write(tmp_path / "models", "a", label), registry, LIMIT_S)
    poller.poll()
    assert registry.labels("a") == {}  # version 7 is not there yet
    add_version(tmp_path / "a", 7)
    wait_until(lambda: states(registry, "a") == [State.AVAILABLE] * 2)
    poller.poll()
    assert registry.labels("a") == {"next": 7}
