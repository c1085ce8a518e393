from pathlib import Path
from typing import Any

import pytest

from serving.errors import Code, NotFoundError, ServingError
from serving.model import LoadedModel
from serving.repository import ModelRepository
from serving.versions import State


def load(name: str, version: int, path: Path) -> LoadedModel:
    """A stand-in for TensorFlow: a version loads when it has the file `good`."""
    if not (path / "good").exists():
        raise ServingError(Code.DATA_LOSS, "broken")
    return LoadedModel(name, version, {}, {}, lambda _name, _inputs: {})


def add(base: Path, version: int, good: bool = True) -> Path:
    folder = base / str(version)
    folder.mkdir(parents=True)
    (folder / ("good" if good else "bad")).touch()
    return folder


def remove(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


@pytest.fixture
def repository(tmp_path: Path) -> ModelRepository:
    return ModelRepository("m", tmp_path, load)


def states(repository: ModelRepository) -> list[tuple[int, State]]:
    return [(status.version, status.state) for status in repository.statuses()]


def served(repository: ModelRepository) -> int:
    with repository.acquire() as model:
        return model.version


def test_the_highest_version_is_served(repository: ModelRepository, tmp_path: Path) -> None:
    add(tmp_path, 9)
    add(tmp_path, 10)
    repository.poll()
    assert served(repository) == 10
    assert states(repository) == [(10, State.AVAILABLE)]


def test_a_new_version_takes_over(repository: ModelRepository, tmp_path: Path) -> None:
    add(tmp_path, 1)
    repository.poll()
    add(tmp_path, 2)
    repository.poll()
    assert served(repository) == 2
    assert states(repository) == [(2, State.AVAILABLE), (1, State.END)]


def test_the_old_version_serves_while_the_new_one_loads(tmp_path: Path) -> None:
    seen: list[Any] = []

    def load_and_look(name: str, version: int, path: Path) -> LoadedModel:
        if version == 2:
            seen.extend([served(watched), *states(watched)])
        return load(name, version, path)

    watched = ModelRepository("m", tmp_path, load_and_look)
    add(tmp_path, 1)
    watched.poll()
    add(tmp_path, 2)
    watched.poll()
    assert seen == [1, (2, State.LOADING), (1, State.AVAILABLE)]


def test_a_broken_version_leaves_the_old_one(repository: ModelRepository, tmp_path: Path) -> None:
    add(tmp_path, 1)
    repository.poll()
    add(tmp_path, 2, good=False)
    repository.poll()
    assert served(repository) == 1
    newest = repository.statuses()[0]
    assert (newest.version, newest.state) == (2, State.END)
    assert (newest.code, newest.message) == (Code.DATA_LOSS, "broken")


def test_a_broken_version_is_tried_again_when_it_changes(
    repository: ModelRepository, tmp_path: Path
) -> None:
    folder = add(tmp_path, 1, good=False)
    repository.poll()
    (folder / "good").touch()
    repository.poll()
    assert served(repository) == 1
    assert repository.statuses()[0].code is Code.OK


def test_a_broken_version_is_not_tried_again_unchanged(tmp_path: Path) -> None:
    attempts = []

    def count(name: str, version: int, path: Path) -> LoadedModel:
        attempts.append(version)
        return load(name, version, path)

    add(tmp_path, 1, good=False)
    repository = ModelRepository("m", tmp_path, count)
    repository.poll()
    repository.poll()
    assert attempts == [1]


def test_any_exception_of_a_load_ends_in_the_status(tmp_path: Path) -> None:
    def explode(name: str, version: int, path: Path) -> LoadedModel:
        raise KeyError("x")

    add(tmp_path, 1)
    repository = ModelRepository("m", tmp_path, explode)
    repository.poll()
    assert repository.statuses()[0].message == "KeyError: 'x'"


def test_removing_the_newest_brings_the_previous_back(
    repository: ModelRepository, tmp_path: Path
) -> None:
    add(tmp_path, 1)
    newest = add(tmp_path, 2)
    repository.poll()
    remove(newest)
    repository.poll()
    assert served(repository) == 1
    assert states(repository) == [(2, State.END), (1, State.AVAILABLE)]


def test_removing_all_versions_unloads_all(repository: ModelRepository, tmp_path: Path) -> None:
    folder = add(tmp_path, 1)
    repository.poll()
    remove(folder)
    repository.poll()
    assert states(repository) == [(1, State.END)]


def test_a_missing_base_path_changes_nothing(repository: ModelRepository, tmp_path: Path) -> None:
    folder = add(tmp_path, 1)
    repository.poll()
    remove(folder)
    tmp_path.rmdir()
    with pytest.raises(OSError, match="No such file"):
        repository.poll()
    assert served(repository) == 1


def test_a_version_in_use_is_unloaded_only_afterwards(tmp_path: Path) -> None:
    repository = ModelRepository("m", tmp_path, load, poll_wait_s=0.01)
    add(tmp_path, 1)
    repository.start()
    assert repository.wait_for_first_load(5)
    with repository.acquire() as model:
        add(tmp_path, 2)
        wait_for(repository, 2, State.AVAILABLE)
        wait_for(repository, 1, State.UNLOADING)
        assert model.version == 1
    wait_for(repository, 1, State.END)
    repository.stop(5)


def wait_for(repository: ModelRepository, version: int, state: State) -> None:
    for _ in range(500):
        if any(s.version == version and s.state is state for s in repository.statuses()):
            return
        repository._stopping.wait(0.01)
    pytest.fail(f"version {version} did not become {state.name}: {states(repository)}")


def test_unknown_versions(repository: ModelRepository, tmp_path: Path) -> None:
    add(tmp_path, 1)
    repository.poll()
    with (
        pytest.raises(NotFoundError, match=r"Servable not found for request: Specific\(m, 7\)"),
        repository.acquire(7),
    ):
        pass
    with pytest.raises(NotFoundError, match="Could not find version 7 of model m"):
        repository.statuses(7)


def test_nothing_loaded(repository: ModelRepository) -> None:
    with (
        pytest.raises(NotFoundError, match=r"Servable not found for request: Latest\(m\)"),
        repository.acquire(),
    ):
        pass
    assert not repository.has_versions()


def test_require_available_says_what_failed(repository: ModelRepository, tmp_path: Path) -> None:
    add(tmp_path, 3, good=False)
    repository.poll()
    with pytest.raises(ServingError) as caught:
        repository.require_available()
    assert caught.value.message == (
        "1 servable(s) did not become available: "
        "{{name: m version: 3} due to error: DATA_LOSS: broken}"
    )
