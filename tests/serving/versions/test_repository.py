import errno
import logging
import os
import re
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from serving.errors import Code, NotFoundError
from serving.observing.observer import Observers
from serving.servables.model import LoadedModel
from serving.states import State, find_versions
from serving.versions.lifecycle import LifecycleOptions, VersionLoader
from serving.versions.model_config import All, Latest, ModelConfig, Specific, VersionPolicy
from serving.versions.repository import ModelRepository
from tests.serving.version_folders import (
    LIMIT_S,
    TextLoader,
    add_version,
    age,
    remove_version,
    replace_graph,
    wait_until,
)

NO_RETRIES = LifecycleOptions(poll_wait_s=0.01, max_num_load_retries=0)


@pytest.fixture
def loader() -> TextLoader:
    return TextLoader()


def follow(
    loader: TextLoader,
    base: Path,
    policy: VersionPolicy | None = None,
    options: LifecycleOptions = NO_RETRIES,
) -> ModelRepository:
    repository = ModelRepository("m", VersionLoader(loader, Observers()), options)
    repository.configure(ModelConfig("m", base, policy or Latest()))
    return repository


@pytest.fixture
def repository(loader: TextLoader, tmp_path: Path) -> Iterator[ModelRepository]:
    followed = follow(loader, tmp_path)
    yield followed
    followed.stop(LIMIT_S)


def states(repository: ModelRepository) -> list[tuple[int, State]]:
    return [(status.version, status.state) for status in repository.known_statuses()]


def served(repository: ModelRepository) -> int:
    with repository.acquire() as model:
        return model.version


def test_the_highest_version_is_served(repository: ModelRepository, tmp_path: Path) -> None:
    add_version(tmp_path, 9)
    add_version(tmp_path, 10)
    repository.poll()
    assert served(repository) == 10
    assert states(repository) == [(10, State.AVAILABLE)]


def test_versions_that_a_plan_names_are_kept(
    loader: TextLoader, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept: set[int | str] = {1, "old"}
    for version in (1, 2, 3, 4):
        add_version(tmp_path, version)
    repository = ModelRepository(
        "m", VersionLoader(loader, Observers()), NO_RETRIES, lambda _model: kept
    )
    repository.configure(ModelConfig("m", tmp_path, Latest(), {"old": 2, "other": 3}))
    repository.poll()
    assert [version for version, _state in states(repository)] == [4, 2, 1]
    kept.clear()
    kept.add(9)
    repository.poll()
    ends = [(4, State.AVAILABLE), (2, State.END), (1, State.END)]
    wait_until(lambda: states(repository) == ends)
    assert "does not hold the versions [9]" in caplog.text
    repository.stop(LIMIT_S)


def test_a_look_is_taken_before_its_time(loader: TextLoader, tmp_path: Path) -> None:
    kept: set[int | str] = set()
    for version in (1, 2):
        add_version(tmp_path, version)
    options = LifecycleOptions(poll_wait_s=3600, max_num_load_retries=0)
    repository = ModelRepository(
        "m", VersionLoader(loader, Observers()), options, lambda _model: kept
    )
    repository.configure(ModelConfig("m", tmp_path))
    repository.start()
    wait_until(lambda: repository.is_available(2))
    kept.add(1)
    repository.look()
    wait_until(lambda: repository.is_available(1))
    repository.stop(LIMIT_S)


def test_leading_zeros_and_other_children(loader: TextLoader, tmp_path: Path) -> None:
    add_version(tmp_path, "00017")
    add_version(tmp_path, "notes")
    repository = follow(loader, tmp_path, Specific((17,)))
    repository.poll()
    assert states(repository) == [(17, State.AVAILABLE)]


def test_several_latest_versions(loader: TextLoader, tmp_path: Path) -> None:
    for number in (17, 30, 42):
        add_version(tmp_path, number)
    repository = follow(loader, tmp_path, Latest(2))
    repository.poll()
    assert states(repository) == [(42, State.AVAILABLE), (30, State.AVAILABLE)]
    assert served(repository) == 42


def test_a_new_version_is_loaded_before_the_old_one_goes(
    repository: ModelRepository, loader: TextLoader, tmp_path: Path
) -> None:
    add_version(tmp_path, 1)
    repository.poll()
    add_version(tmp_path, 2)
    repository.poll()
    assert served(repository) == 2
    assert loader.events == ["load 1", "load 2", "close 1"]
    assert states(repository) == [(2, State.AVAILABLE), (1, State.END)]


def test_the_old_version_serves_while_the_new_one_loads(
    repository: ModelRepository, loader: TextLoader, tmp_path: Path
) -> None:
    add_version(tmp_path, 1)
    repository.poll()
    seen = []
    loader.before_load = lambda _version: seen.append((served(repository), states(repository)))
    add_version(tmp_path, 2)
    repository.poll()
    assert seen == [(1, [(2, State.LOADING), (1, State.AVAILABLE)])]


def test_a_broken_version_leaves_the_old_one(repository: ModelRepository, tmp_path: Path) -> None:
    add_version(tmp_path, 1)
    repository.poll()
    add_version(tmp_path, 2, "bad")
    repository.poll()
    assert served(repository) == 1
    newest = repository.statuses()[0]
    assert (newest.version, newest.state) == (2, State.END)
    assert (newest.code, newest.message) == (Code.DATA_LOSS, "broken")


def test_a_broken_version_is_tried_again_when_it_changes(
    repository: ModelRepository, tmp_path: Path
) -> None:
    folder = add_version(tmp_path, 1, "bad")
    repository.poll()
    replace_graph(folder, "good")
    repository.poll()
    assert served(repository) == 1
    assert repository.statuses()[0].code is Code.OK


def test_a_broken_version_is_not_tried_again_unchanged(
    repository: ModelRepository, loader: TextLoader, tmp_path: Path
) -> None:
    add_version(tmp_path, 1, "bad")
    repository.poll()
    repository.poll()
    assert loader.events == ["load 1"]


def test_a_broken_version_is_tried_again_after_it_was_gone(
    repository: ModelRepository, loader: TextLoader, tmp_path: Path
) -> None:
    add_version(tmp_path, 1, "bad")
    repository.poll()
    (tmp_path / "1").rename(tmp_path / "aside")
    repository.poll()
    (tmp_path / "aside").rename(tmp_path / "1")
    repository.poll()
    assert loader.events == ["load 1", "load 1"]


def test_a_version_that_was_loaded_may_fail_again(
    repository: ModelRepository, loader: TextLoader, tmp_path: Path
) -> None:
    folder = add_version(tmp_path, 1, "bad")
    repository.poll()
    replace_graph(folder, "good")
    repository.poll()
    repository.configure(ModelConfig("m", tmp_path, Specific(())))
    repository.poll()
    replace_graph(folder, "bad")  # as it was at first
    repository.configure(ModelConfig("m", tmp_path))
    repository.poll()
    assert repository.statuses()[0].code is Code.DATA_LOSS


def test_a_young_folder_waits_for_another_look(
    repository: ModelRepository, loader: TextLoader, tmp_path: Path
) -> None:
    folder = add_version(tmp_path, 1)
    (folder / "variables").mkdir()
    repository.poll()
    assert states(repository) == [(1, State.START)]
    age(folder)
    repository.poll()
    assert served(repository) == 1
    assert loader.events == ["load 1"]


def test_a_young_folder_is_loaded_without_another_poll(loader: TextLoader, tmp_path: Path) -> None:
    (add_version(tmp_path, 1) / "variables").mkdir()
    repository = follow(loader, tmp_path, options=LifecycleOptions(poll_wait_s=3600))
    repository.start()
    assert repository.wait_for_first_loads(LIMIT_S)
    assert served(repository) == 1
    repository.stop(LIMIT_S)


def test_a_folder_without_a_graph_ends_with_its_error(loader: TextLoader, tmp_path: Path) -> None:
    add_version(tmp_path, 1)
    (tmp_path / "2").mkdir()
    repository = follow(loader, tmp_path)
    repository.start()
    wait_until(lambda: states(repository)[:1] == [(2, State.END)])
    status = repository.statuses(2)[0]
    message = f"{tmp_path / '2' / 'saved_model.pb'}; No such file or directory"
    assert (status.code, status.message) == (Code.NOT_FOUND, message)
    repository.stop(LIMIT_S)


def test_a_step_that_fails_does_not_end_the_thread(
    repository: ModelRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_version(tmp_path, 1)
    failures = [ZeroDivisionError()]

    def find(base_path: Path) -> dict[int, Path]:
        if failures:
            raise failures.pop()
        return find_versions(base_path)

    monkeypatch.setattr("serving.versions.repository.find_versions", find)
    repository.start()
    assert repository.wait_for_first_loads(LIMIT_S)
    assert served(repository) == 1


def test_any_exception_of_a_load_ends_in_the_status(
    repository: ModelRepository, loader: TextLoader, tmp_path: Path
) -> None:
    def explode(_version: int) -> None:
        raise KeyError("x")

    loader.before_load = explode
    add_version(tmp_path, 1)
    repository.poll()
    assert repository.statuses()[0].message == "KeyError: 'x'"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.EACCES, Code.PERMISSION_DENIED),
        (errno.ENOENT, Code.NOT_FOUND),
        (errno.ENOTDIR, Code.NOT_FOUND),
        (errno.EIO, Code.UNKNOWN),
    ],
)
def test_a_file_that_cannot_be_read_is_a_sentence(
    repository: ModelRepository,
    loader: TextLoader,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    number: int,
    code: Code,
) -> None:
    def refuse(_version: int) -> None:
        raise OSError(number, os.strerror(number), "/m/1/variables")

    loader.before_load = refuse
    add_version(tmp_path, 1)
    repository.poll()
    status = repository.statuses()[0]
    assert (status.code, status.message) == (code, f"/m/1/variables; {os.strerror(number)}")
    assert "Traceback" not in caplog.text


def test_a_load_is_retried(loader: TextLoader, tmp_path: Path) -> None:
    options = LifecycleOptions(max_num_load_retries=2, load_retry_interval_s=0)
    repository = follow(loader, tmp_path, options=options)
    add_version(tmp_path, 1, "bad")
    repository.poll()
    assert loader.events == ["load 1"] * 3
    assert states(repository) == [(1, State.END)]


def test_nothing_waits_for_a_retry(loader: TextLoader, tmp_path: Path) -> None:
    repository = follow(loader, tmp_path, Latest(2), LifecycleOptions(load_retry_interval_s=3600))
    add_version(tmp_path, 1)
    add_version(tmp_path, 2, "bad")
    repository.poll()
    assert states(repository) == [(2, State.LOADING), (1, State.AVAILABLE)]
    assert repository.waits_for() == ""
    add_version(tmp_path, 3)
    repository.poll()
    assert served(repository) == 3


def test_a_version_that_is_no_longer_wanted_is_not_retried(
    loader: TextLoader, tmp_path: Path
) -> None:
    repository = follow(loader, tmp_path, options=LifecycleOptions(load_retry_interval_s=3600))
    add_version(tmp_path, 1, "bad")
    repository.poll()
    add_version(tmp_path, 2)
    repository.poll()
    assert states(repository) == [(2, State.AVAILABLE), (1, State.END)]


def test_removing_the_newest_loads_the_previous_first(
    repository: ModelRepository, loader: TextLoader, tmp_path: Path
) -> None:
    add_version(tmp_path, 1)
    add_version(tmp_path, 2)
    repository.poll()
    remove_version(tmp_path, 2)
    repository.poll()
    assert served(repository) == 1
    assert loader.events == ["load 2", "load 1", "close 2"]
    assert states(repository) == [(2, State.END), (1, State.AVAILABLE)]


def test_removing_all_versions_unloads_all(
    repository: ModelRepository, loader: TextLoader, tmp_path: Path
) -> None:
    add_version(tmp_path, 1)
    repository.poll()
    remove_version(tmp_path, 1)
    repository.poll()
    assert states(repository) == [(1, State.END)]
    assert loader.events == ["load 1", "close 1"]


def test_a_version_that_comes_back_is_loaded_again(
    repository: ModelRepository, tmp_path: Path
) -> None:
    add_version(tmp_path, 1)
    repository.poll()
    remove_version(tmp_path, 1)
    repository.poll()
    add_version(tmp_path, 1)
    repository.poll()
    assert states(repository) == [(1, State.AVAILABLE)]


def test_a_version_that_comes_back_has_not_settled(
    repository: ModelRepository, tmp_path: Path
) -> None:
    folder = add_version(tmp_path, 1)
    repository.poll()
    repository.configure(None)
    repository.poll()
    (folder / "variables").mkdir()  # young: it takes another look
    repository.configure(ModelConfig("m", tmp_path))
    repository.poll()
    assert states(repository) == [(1, State.START)]
    assert not repository.wait_for_first_loads(0)


def test_a_missing_base_path_changes_nothing_and_is_logged_once(
    loader: TextLoader, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    base = tmp_path / "base"
    repository = follow(loader, base)
    add_version(base, 1)
    repository.poll()
    base.rename(tmp_path / "aside")
    repository.poll()
    repository.poll()
    assert served(repository) == 1
    assert caplog.text.count("cannot look for versions") == 1


def test_missing_versions_are_logged_once_per_change(
    loader: TextLoader, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    repository = follow(loader, tmp_path, Specific((1, 2)))
    repository.poll()
    repository.poll()
    add_version(tmp_path, 1)
    repository.poll()
    assert states(repository) == [(1, State.AVAILABLE)]
    assert [message.partition(" does ")[2] for message in caplog.messages] == [
        "not hold the versions [1, 2].",
        "not hold the versions [2].",
    ]


def test_another_base_path_with_the_same_version(
    repository: ModelRepository, loader: TextLoader, tmp_path: Path
) -> None:
    add_version(tmp_path, 1)
    repository.poll()
    other = tmp_path / "other"
    add_version(other, 1)
    seen = []
    loader.before_load = lambda _version: seen.append(served(repository))
    repository.configure(ModelConfig("m", other))
    repository.poll()
    assert seen == [1]  # the old one, which serves meanwhile
    assert loader.events == ["load 1", "load 1", "close 1"]
    assert states(repository) == [(1, State.AVAILABLE)]
    assert served(repository) == 1


def test_a_broken_version_in_another_base_path(repository: ModelRepository, tmp_path: Path) -> None:
    add_version(tmp_path, 1)
    repository.poll()
    add_version(tmp_path / "other", 1, "bad")
    repository.configure(ModelConfig("m", tmp_path / "other"))
    repository.poll()
    assert states(repository) == [(1, State.AVAILABLE)]  # the old one
    assert served(repository) == 1


def test_a_version_in_use_is_unloaded_only_afterwards(
    repository: ModelRepository, loader: TextLoader, tmp_path: Path
) -> None:
    add_version(tmp_path, 1)
    repository.poll()
    with repository.acquire() as model:
        add_version(tmp_path, 2)
        repository.poll()
        assert states(repository) == [(2, State.AVAILABLE), (1, State.UNLOADING)]
        assert (model.version, served(repository)) == (1, 2)
        add_version(tmp_path, 3)
        repository.poll()  # a stuck request does not hold up the next version
        assert served(repository) == 3
        assert "close 1" not in loader.events
    wait_until(lambda: states(repository)[-1] == (1, State.END))
    assert loader.events.count("close 1") == 1


def test_a_version_is_unloaded_after_its_last_request(
    repository: ModelRepository, loader: TextLoader, tmp_path: Path
) -> None:
    add_version(tmp_path, 1)
    repository.poll()
    with repository.acquire(1):
        with repository.acquire(1):
            remove_version(tmp_path, 1)
            repository.poll()
        assert "close 1" not in loader.events
    wait_until(lambda: "close 1" in loader.events)


def test_a_failing_close_is_logged_and_ends_the_version(
    repository: ModelRepository,
    loader: TextLoader,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def explode(_version: int) -> None:
        raise RuntimeError("stuck")

    add_version(tmp_path, 1)
    repository.poll()
    loader.before_close = explode
    remove_version(tmp_path, 1)
    repository.poll()
    assert states(repository) == [(1, State.END)]
    assert "close failed" in caplog.text


def test_unknown_versions(repository: ModelRepository, tmp_path: Path) -> None:
    add_version(tmp_path, 1)
    repository.poll()
    with (
        pytest.raises(NotFoundError, match=r"^Servable not found for request: Specific\(m, 7\)$"),
        repository.acquire(7),
    ):
        pass
    with pytest.raises(NotFoundError, match=r"^Could not find version 7 of model m$"):
        repository.statuses(7)


def test_nothing_loaded(repository: ModelRepository) -> None:
    with (
        pytest.raises(NotFoundError, match=r"^Servable not found for request: Latest\(m\)$"),
        repository.acquire(),
    ):
        pass
    with pytest.raises(NotFoundError, match=r"^Could not find any versions of model m$"):
        repository.statuses()


def test_polling_finds_new_versions(loader: TextLoader, tmp_path: Path) -> None:
    repository = follow(loader, tmp_path, All())
    repository.start()
    for number in (1, 2):
        add_version(tmp_path, number)
        wait_until(partial(repository.is_available, number))
    repository.stop(LIMIT_S)


def test_polling_once(loader: TextLoader, tmp_path: Path) -> None:
    add_version(tmp_path, 1)
    repository = follow(loader, tmp_path, options=LifecycleOptions(poll_wait_s=0))
    repository.start()
    assert repository.wait_for_first_loads(LIMIT_S)
    add_version(tmp_path, 2)
    other = tmp_path / "other"
    add_version(other, 5)
    repository.configure(ModelConfig("m", other))  # a new configuration is looked at once, too
    wait_until(lambda: repository.is_available(5))
    assert loader.events[:2] == ["load 1", "load 5"]
    repository.stop(LIMIT_S)


def test_never_polling(loader: TextLoader, tmp_path: Path) -> None:
    add_version(tmp_path, 1)
    repository = follow(loader, tmp_path, options=LifecycleOptions(poll_wait_s=-1))
    repository.start()
    assert not repository.wait_for_first_loads(0.05)
    repository.stop(LIMIT_S)
    assert loader.events == []


@pytest.mark.parametrize(
    ("versions", "policy", "expected"),
    [
        ({}, Latest(), False),
        ({}, Specific(()), True),
        ({}, Specific((1,)), False),
        ({1: "good", 2: "good"}, Latest(2), True),
        ({1: "good", 2: "bad"}, Latest(2), True),
        ({1: "bad"}, All(), True),
    ],
)
def test_first_loads(
    loader: TextLoader,
    tmp_path: Path,
    versions: dict[int, str],
    policy: VersionPolicy,
    expected: bool,
) -> None:
    for number, graph in versions.items():
        add_version(tmp_path, number, graph)
    repository = follow(loader, tmp_path, policy)
    repository.poll()
    assert repository.wait_for_first_loads(0) is expected


def test_first_loads_wait_for_retries(loader: TextLoader, tmp_path: Path) -> None:
    add_version(tmp_path, 1, "bad")
    repository = follow(loader, tmp_path, options=LifecycleOptions(load_retry_interval_s=3600))
    repository.poll()
    assert not repository.wait_for_first_loads(0)
    what = "version 1 waits for another attempt, as it could not be loaded: broken"
    assert repository.waits_for() == what


def test_failures_are_those_of_a_model_that_does_not_serve(
    repository: ModelRepository, tmp_path: Path
) -> None:
    add_version(tmp_path, 2, "bad")
    repository.poll()
    assert [status.version for status in repository.failures()] == [2]
    remove_version(tmp_path, 2)
    add_version(tmp_path, 1)
    repository.poll()
    assert repository.failures() == []
    remove_version(tmp_path, 1)
    repository.poll()
    assert [status.version for status in repository.failures()] == [2]  # 1 has not failed


def test_without_a_configuration_everything_is_unloaded(
    repository: ModelRepository, loader: TextLoader, tmp_path: Path
) -> None:
    add_version(tmp_path, 1)
    repository.poll()
    repository.configure(None)
    repository.poll()
    assert loader.events == ["load 1", "close 1"]
    assert states(repository) == [(1, State.END)]


def test_a_model_comes_back_with_its_thread(loader: TextLoader, tmp_path: Path) -> None:
    add_version(tmp_path, 1)
    repository = follow(loader, tmp_path)
    repository.start()
    assert repository.wait_for_first_loads(LIMIT_S)
    repository.configure(None)
    wait_until(lambda: not _threads("versions-m"))
    assert states(repository) == [(1, State.END)]
    repository.configure(ModelConfig("m", tmp_path))
    assert repository.wait_for_first_loads(LIMIT_S)
    assert served(repository) == 1
    repository.stop(LIMIT_S)
    assert not _threads("versions-m")


def _threads(name: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == name]


def test_stop_closes_models_and_waits_for_their_requests(
    repository: ModelRepository, loader: TextLoader, tmp_path: Path
) -> None:
    add_version(tmp_path, 1)
    repository.poll()
    with repository.acquire():
        repository.stop(0.01)
        assert loader.events == ["load 1"]
    repository.stop(LIMIT_S)
    assert loader.events == ["load 1", "close 1"]


def test_a_load_that_outlasts_the_stop_never_serves(loader: TextLoader, tmp_path: Path) -> None:
    loading, go_on = threading.Event(), threading.Event()

    def hold(_version: int) -> None:
        loading.set()
        go_on.wait(LIMIT_S)

    repository = follow(loader, tmp_path)
    add_version(tmp_path, 1)
    repository.poll()
    loader.before_load = hold
    add_version(tmp_path, 2)
    repository.start()
    assert loading.wait(LIMIT_S)
    repository.stop(0.01)
    go_on.set()
    wait_until(lambda: loader.events == ["load 1", "load 2", "close 2"])
    assert served(repository) == 1


def test_requests_never_fail_during_swaps(loader: TextLoader, tmp_path: Path) -> None:
    add_version(tmp_path, 1)
    repository = follow(loader, tmp_path)
    repository.start()
    assert repository.wait_for_first_loads(LIMIT_S)
    answers: list[list[int]] = [[], []]
    done = threading.Event()

    def ask(versions: list[int]) -> None:
        while not done.is_set():
            versions.append(served(repository))

    askers = [threading.Thread(target=ask, args=(versions,)) for versions in answers]
    for asker in askers:
        asker.start()
    for number in (2, 3, 4):
        add_version(tmp_path, number)
        wait_until(partial(repository.is_available, number))
    done.set()
    for asker in askers:
        asker.join()
    for versions in answers:
        assert versions == sorted(versions)  # each switch happens once; no request has failed
    repository.stop(LIMIT_S)


def test_a_loaded_model_is_logged(
    repository: ModelRepository, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    add_version(tmp_path, 1)
    repository.poll()
    assert lines(caplog) == [
        f"Model m version 1 is being loaded from {tmp_path / '1'}.",
        "Model m version 1 is available on tensorflow, after N s.",
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda base: add_version(base, 2), "version 2 serves"),
        (lambda base: remove_version(base, 1), "its folder is gone"),
        (lambda _base: Specific(()), "it is not requested"),
        (lambda _base: None, "the model is no longer configured"),
    ],
)
def test_an_unloaded_model_is_logged(
    repository: ModelRepository,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    change: Callable[[Path], object],
    reason: str,
) -> None:
    add_version(tmp_path, 1)
    repository.poll()
    policy = change(tmp_path)
    if isinstance(policy, Specific):
        repository.configure(ModelConfig("m", tmp_path, policy))
    elif reason.endswith("configured"):
        repository.configure(None)
    caplog.set_level(logging.INFO)
    repository.poll()
    assert lines(caplog)[-2:] == [
        f"Model m version 1 no longer serves: {reason}.",
        "Model m version 1 is unloaded, after N s.",
    ]


def test_a_failed_model_is_logged(
    repository: ModelRepository, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    add_version(tmp_path, 1, "bad")
    repository.poll()
    assert lines(caplog) == ["Model m version 1 cannot be loaded (N s): DATA_LOSS: broken"]


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged, with N for every time."""
    return [re.sub(r"\d+\.\d\d s", "N s", message) for message in caplog.messages]


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Put a file into a version folder that counts as complete at once."""
    monkeypatch.setattr("serving.files.late_files.UNFINISHED_S", 0.0)

    def add(folder: Path) -> None:
        (folder / "assets.extra").mkdir()
        (folder / "assets.extra" / "manifest.json").write_text("{}")

    return add


def test_a_version_is_loaded_again_with_files_that_come(
    repository: ModelRepository,
    loader: TextLoader,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    late: Callable[[Path], None],
) -> None:
    folder = add_version(tmp_path, 1)
    repository.poll()
    late(folder)
    seen = []
    loader.before_load = lambda _version: seen.append((served(repository), states(repository)))
    caplog.set_level(logging.INFO)
    repository.poll()
    repository.poll()
    assert seen == [(1, [(1, State.AVAILABLE)])]  # it serves meanwhile
    assert loader.events == ["load 1", "load 1", "close 1"]
    assert states(repository) == [(1, State.AVAILABLE)]
    assert lines(caplog) == [
        "Model m version 1 is loaded again, because there are new files: "
        "assets.extra/manifest.json.",
        "Model m version 1 is replaced by itself with the new files, on tensorflow, after N s.",
        "Model m version 1 is unloaded, after N s.",
    ]


def test_a_line_names_some_of_many_files(
    repository: ModelRepository,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    late: Callable[[Path], None],
) -> None:
    folder = add_version(tmp_path, 1)
    repository.poll()
    late(folder)
    for number in range(7):
        (folder / "assets.extra" / str(number)).touch()
    caplog.set_level(logging.INFO)
    repository.poll()
    assert "assets.extra/4 and 3 more." in caplog.text


def test_a_request_keeps_what_was_loaded_before_the_files_came(
    repository: ModelRepository, loader: TextLoader, tmp_path: Path, late: Callable[[Path], None]
) -> None:
    folder = add_version(tmp_path, 1)
    repository.poll()
    with repository.acquire() as before:
        late(folder)
        repository.poll()
        assert "close 1" not in loader.events
        with repository.acquire() as after:
            assert after is not before
    wait_until(lambda: loader.events == ["load 1", "load 1", "close 1"])


def test_files_that_come_to_what_serves_in_place_of_a_broken_version(
    repository: ModelRepository, loader: TextLoader, tmp_path: Path, late: Callable[[Path], None]
) -> None:
    folder = add_version(tmp_path, 1)
    repository.poll()
    add_version(tmp_path, 2, "bad")
    late(folder)
    repository.poll()
    assert loader.events == ["load 1", "load 2", "load 1", "close 1"]
    assert served(repository) == 1


def test_files_that_break_a_version_leave_it_as_it_was(
    repository: ModelRepository,
    loader: TextLoader,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    late: Callable[[Path], None],
) -> None:
    folder = add_version(tmp_path, 1)
    repository.poll()
    late(folder)
    (folder / "saved_model.pb").write_text("bad")
    repository.poll()
    repository.poll()
    assert served(repository) == 1
    assert loader.events == ["load 1", "load 1"]  # and not again and again
    assert repository._changer.late_files.pause_s() == float("inf")
    assert repository.statuses()[0].code is Code.OK
    assert "with the new files, and serves as before" in caplog.text
    replace_graph(folder, "good")
    repository.poll()
    assert loader.events == ["load 1", "load 1", "load 1", "close 1"]


def test_files_that_come_are_noticed_without_a_change_of_versions(
    loader: TextLoader, tmp_path: Path, late: Callable[[Path], None]
) -> None:
    folder = add_version(tmp_path, 1)
    options = LifecycleOptions(poll_wait_s=3600, watch_wait_s=0.01)
    repository = follow(loader, tmp_path, options=options)
    repository.start()
    assert repository.wait_for_first_loads(LIMIT_S)
    late(folder)
    wait_until(lambda: loader.events == ["load 1", "load 1", "close 1"])
    repository.stop(LIMIT_S)


def test_files_that_come_are_not_noticed_where_folders_are_looked_at_once(
    loader: TextLoader, tmp_path: Path, late: Callable[[Path], None]
) -> None:
    folder = add_version(tmp_path, 1)
    repository = follow(loader, tmp_path, options=LifecycleOptions(poll_wait_s=0))
    repository.poll()
    late(folder)
    repository.poll()
    assert loader.events == ["load 1"]


def test_rights_that_come_back_are_noticed(
    repository: ModelRepository, loader: TextLoader, tmp_path: Path
) -> None:
    graph = add_version(tmp_path, 1, "bad") / "saved_model.pb"
    rights = graph.stat().st_mode
    graph.chmod(0)
    repository.poll()
    graph.chmod(rights)
    repository.poll()
    repository.poll()
    assert loader.events == ["load 1", "load 1"]


def test_a_link_to_nothing_ends_with_its_error(loader: TextLoader, tmp_path: Path) -> None:
    add_version(tmp_path, 1)
    (tmp_path / "2").symlink_to("nowhere")
    repository = follow(loader, tmp_path)
    repository.start()
    wait_until(lambda: states(repository)[:1] == [(2, State.END)])
    assert repository.statuses(2)[0].code is not Code.OK
    repository.stop(LIMIT_S)


def test_one_look_lasts_until_there_is_something_to_see(
    loader: TextLoader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.versions.repository._SEEK_PAUSE_S", 0.01)
    base = tmp_path / "later"
    repository = follow(loader, base, options=LifecycleOptions(poll_wait_s=0))
    repository.start()
    wait_until(lambda: "No such file" in repository.waits_for())
    add_version(base, 1)
    wait_until(lambda: repository.is_available(1))
    add_version(base, 2)
    assert states(repository) == [(1, State.AVAILABLE)]
    repository.stop(LIMIT_S)


def test_it_says_what_it_waits_for(loader: TextLoader, tmp_path: Path) -> None:
    base = tmp_path / "later"
    repository = follow(loader, base)
    repository.poll()
    assert "cannot look for versions" in repository.waits_for()
    base.mkdir()
    repository.poll()
    assert repository.waits_for() == f"{base} holds no version folder"
    (add_version(base, 1) / "variables").mkdir()
    repository.poll()
    waits = f"version 1 waits until the files in {base / '1'} stay the same"
    assert repository.waits_for() == waits
    replace_graph(base / "1", "bad")
    repository.poll()
    assert repository.waits_for() == "version 1 cannot be loaded: broken"
    replace_graph(base / "1", "good")
    repository.poll()
    assert repository.waits_for() == ""


def test_a_saved_model_as_base_path_is_recognized(loader: TextLoader, tmp_path: Path) -> None:
    repository = follow(loader, add_version(tmp_path, "bert"))
    repository.poll()
    assert "holds no version folder; it is a SavedModel itself: give its parent folder" in (
        repository.waits_for()
    )


def test_never_polling_says_so(loader: TextLoader, tmp_path: Path) -> None:
    repository = follow(loader, tmp_path, options=LifecycleOptions(poll_wait_s=-1))
    assert "--file_system_poll_wait_seconds" in repository.waits_for()


def test_warm_up_runs_before_a_version_serves(loader: TextLoader, tmp_path: Path) -> None:
    seen = []

    def warm_up(model: LoadedModel, folder: Path) -> int:
        seen.append((model.version, folder.name, states(followed)))
        return 0

    followed = ModelRepository("m", VersionLoader(loader, Observers(), warm_up), LifecycleOptions())
    followed.configure(ModelConfig("m", tmp_path))
    add_version(tmp_path, 1)
    followed.poll()
    assert seen == [(1, "1", [(1, State.LOADING)])]
    assert served(followed) == 1
