import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from serving.errors import Code, DeadlineExceededError, InvalidArgumentError, ServingError
from serving.observing.observer import LoadRecord, Observers
from serving.servables.model import LoadedModel
from serving.servables.saved_model import load_saved_model
from serving.states import State
from serving.versions.lifecycle import LifecycleOptions
from serving.versions.model_config import All, ModelConfig, Specific
from serving.versions.registry import ModelRegistry
from serving.versions.repository import ModelRepository
from tests.serving.conftest import add_version as copy_version
from tests.serving.version_folders import (
    LIMIT_S,
    TextLoader,
    add_version,
    remove_version,
    wait_until,
)

OPTIONS = LifecycleOptions(poll_wait_s=0.01, max_num_load_retries=0)


class Loads(Observers):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[LoadRecord] = []

    def load(self, record: LoadRecord) -> None:
        self.records.append(record)


@pytest.fixture
def loader() -> TextLoader:
    return TextLoader()


@pytest.fixture
def registry(loader: TextLoader) -> Iterator[ModelRegistry]:
    made = ModelRegistry(loader, OPTIONS)
    yield made
    made.stop(LIMIT_S)


@pytest.fixture
def real() -> Iterator[ModelRegistry]:
    """A started registry of real SavedModels."""
    made = ModelRegistry(load_saved_model, OPTIONS)
    made.start()
    yield made
    made.stop(LIMIT_S)


def repository_of(registry: ModelRegistry, name: str) -> ModelRepository:
    repository = registry.repository(name)
    assert repository is not None
    return repository


def states(registry: ModelRegistry, name: str) -> list[tuple[int, State]]:
    statuses = repository_of(registry, name).known_statuses()
    return [(status.version, status.state) for status in statuses]


def serve(registry: ModelRegistry, *configs: ModelConfig) -> None:
    registry.apply(configs, at_startup=True)
    registry.start()
    assert registry.wait_for_first_loads(LIMIT_S)
    registry.require_available()


def config(base: Path, name: str = "m", labels: Mapping[str, int] | None = None) -> ModelConfig:
    return ModelConfig(name, base / name, All(), labels or {})


def answer(registry: ModelRegistry, name: str = "m") -> float:
    with repository_of(registry, name).acquire() as model:
        return _y(model)


def _y(model: LoadedModel) -> float:
    return float(model.call("", {"x": np.array([4.0], np.float32)})["y"][0])


def test_models_are_loaded_by_name(registry: ModelRegistry, tmp_path: Path) -> None:
    add_version(tmp_path / "a", 1)
    add_version(tmp_path / "b", 2)
    serve(registry, config(tmp_path, "a"), config(tmp_path, "b"))
    assert states(registry, "a") == [(1, State.AVAILABLE)]
    assert states(registry, "b") == [(2, State.AVAILABLE)]
    assert registry.repository("c") is None


def test_loads_are_reported(loader: TextLoader, tmp_path: Path) -> None:
    add_version(tmp_path / "m", 1)
    loads = Loads()
    registry = ModelRegistry(loader, OPTIONS, loads)
    registry.apply([config(tmp_path)])
    registry.poll()
    assert [(r.model_name, r.version, r.code) for r in loads.records] == [("m", 1, Code.OK)]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("m", "n", "m"), "^Illegal to list model m multiple times in config list$"),
        (("",), "has no name"),
    ],
)
def test_names_are_checked_before_anything_changes(
    registry: ModelRegistry, tmp_path: Path, names: tuple[str, ...], message: str
) -> None:
    registry.apply([config(tmp_path, "old")])
    for change in (registry.apply, registry.reload):
        with pytest.raises(InvalidArgumentError, match=message):
            change([config(tmp_path, name) for name in names])
    assert list(registry.configs) == ["old"]


def test_a_slow_load_and_a_missing_folder_hold_up_no_other_model(
    registry: ModelRegistry, loader: TextLoader, tmp_path: Path
) -> None:
    go_on = threading.Event()

    def hold(version: int) -> None:
        if version == 99:
            go_on.wait(LIMIT_S)

    loader.before_load = hold
    add_version(tmp_path / "slow", 99)
    add_version(tmp_path / "m", 1)
    registry.apply([config(tmp_path, name) for name in ("slow", "missing", "m")])
    registry.start()
    assert repository_of(registry, "m").wait_for_first_loads(LIMIT_S)
    assert not registry.wait_for_first_loads(0)
    go_on.set()
    assert repository_of(registry, "slow").wait_for_first_loads(LIMIT_S)


def test_a_failed_initial_model_is_named(registry: ModelRegistry, tmp_path: Path) -> None:
    add_version(tmp_path / "a", 3, "bad")
    add_version(tmp_path / "b", 1)
    add_version(tmp_path / "c", 2, "bad")
    with pytest.raises(ServingError) as caught:
        serve(registry, *(config(tmp_path, name) for name in "abc"))
    assert caught.value.message == (
        "2 servable(s) did not become available: "
        "{{{name: a version: 3} due to error: DATA_LOSS: broken}, "
        "{{name: c version: 2} due to error: DATA_LOSS: broken}, }"
    )
    assert caught.value.code is Code.UNKNOWN


def test_only_the_new_configuration_is_served(
    registry: ModelRegistry, loader: TextLoader, tmp_path: Path
) -> None:
    add_version(tmp_path / "a", 1)
    add_version(tmp_path / "b", 2)
    registry.apply([config(tmp_path, "a")])
    registry.poll()
    registry.apply([config(tmp_path, "b")])
    registry.poll()
    assert states(registry, "a") == [(1, State.END)]  # for ever
    assert states(registry, "b") == [(2, State.AVAILABLE)]
    assert list(registry.configs) == ["b"]
    assert registry.missed() == []
    assert loader.events == ["load 1", "close 1", "load 2"]


def test_an_unchanged_model_is_left_alone(
    registry: ModelRegistry, loader: TextLoader, tmp_path: Path
) -> None:
    add_version(tmp_path / "m", 1)
    for _ in range(2):
        registry.apply([config(tmp_path)])
        registry.poll()
    assert loader.events == ["load 1"]


def test_a_change_of_the_policy(registry: ModelRegistry, tmp_path: Path) -> None:
    for number in (1, 2):
        add_version(tmp_path / "m", number)
    registry.apply([config(tmp_path)])
    registry.poll()
    registry.apply([ModelConfig("m", tmp_path / "m", Specific((1,)))])
    registry.poll()
    assert states(registry, "m") == [(2, State.END), (1, State.AVAILABLE)]


def test_labels_come_into_force_after_the_first_loads(
    registry: ModelRegistry, tmp_path: Path
) -> None:
    add_version(tmp_path / "m", 1)
    registry.apply([config(tmp_path, labels={"stable": 1, "same": 1})], at_startup=True)
    assert registry.labels("m") == {}
    registry.poll()
    registry.require_available()
    assert registry.labels("m") == {"stable": 1, "same": 1}
    assert registry.labels("n") == {}


UNAVAILABLE = (
    "^Request to assign label to version 9 of model m, "
    "which is not currently available for inference$"
)


def test_a_label_of_an_unavailable_version_is_fatal_at_startup(
    registry: ModelRegistry, tmp_path: Path
) -> None:
    add_version(tmp_path / "m", 1)
    with pytest.raises(ServingError, match=UNAVAILABLE) as caught:
        serve(registry, config(tmp_path, labels={"canary": 9}))
    assert caught.value.code is Code.FAILED_PRECONDITION


def test_a_bad_label_leaves_all_labels_as_they_were(
    registry: ModelRegistry, tmp_path: Path
) -> None:
    for number in (1, 2):
        add_version(tmp_path / "m", number)
    serve(registry, config(tmp_path, labels={"stable": 1}))
    with pytest.raises(ServingError, match=UNAVAILABLE):
        registry.apply([config(tmp_path, labels={"stable": 2, "canary": 9})])
    assert registry.labels("m") == {"stable": 1}
    registry.apply([config(tmp_path, labels={"stable": 2})])
    assert registry.labels("m") == {"stable": 2}


def test_new_labels_of_unavailable_versions_where_they_are_allowed(
    loader: TextLoader, tmp_path: Path
) -> None:
    add_version(tmp_path / "m", 1)
    registry = ModelRegistry(
        loader, LifecycleOptions(allow_version_labels_for_unavailable_models=True)
    )
    registry.apply([config(tmp_path)])
    registry.poll()
    registry.apply([config(tmp_path, labels={"stable": 1, "new": 9})])
    registry.apply([config(tmp_path, labels={"stable": 1, "new": 9})])  # kept, not moved
    assert registry.labels("m") == {"stable": 1, "new": 9}
    with pytest.raises(ServingError, match=UNAVAILABLE):
        registry.apply([config(tmp_path, labels={"stable": 9})])


def test_reload_returns_when_new_models_can_be_asked(
    registry: ModelRegistry, tmp_path: Path
) -> None:
    add_version(tmp_path / "a", 1)
    serve(registry, config(tmp_path, "a"))
    add_version(tmp_path / "b", 2)
    registry.reload([config(tmp_path, "a"), config(tmp_path, "b", {"l": 2})], LIMIT_S)
    assert states(registry, "b") == [(2, State.AVAILABLE)]
    assert registry.labels("b") == {"l": 2}


def test_reload_fails_with_a_new_model(registry: ModelRegistry, tmp_path: Path) -> None:
    add_version(tmp_path / "a", 1)
    serve(registry, config(tmp_path, "a"))
    add_version(tmp_path / "b", 2, "bad")
    with pytest.raises(ServingError, match=r"^1 model\(s\) did not .*\{name: b version: 2\}"):
        registry.reload([config(tmp_path, "a"), config(tmp_path, "b")], LIMIT_S)
    assert registry.repository("a") is not None
    assert states(registry, "a") == [(1, State.AVAILABLE)]


def test_reload_gives_up_after_its_time(registry: ModelRegistry, tmp_path: Path) -> None:
    serve(registry)
    with pytest.raises(DeadlineExceededError, match="new models to load: b"):
        registry.reload([config(tmp_path, "b")], 0.01)
    add_version(tmp_path / "b", 2)
    registry.reload([config(tmp_path, "b")], LIMIT_S)  # not new any more: nothing is waited for
    wait_until(repository_of(registry, "b").is_available)


@pytest.mark.parametrize(
    ("interrupt", "code"),
    [
        (lambda registry: registry.apply([]), Code.ABORTED),
        (lambda registry: registry.stop(LIMIT_S), Code.UNAVAILABLE),
    ],
)
def test_reload_ends_with_another_one_and_with_the_server(
    registry: ModelRegistry,
    tmp_path: Path,
    interrupt: Callable[[ModelRegistry], None],
    code: Code,
) -> None:
    serve(registry)
    raised: list[ServingError] = []

    def reload_missing() -> None:
        try:
            registry.reload([config(tmp_path, "missing")])
        except ServingError as exc:
            raised.append(exc)

    waiting = threading.Thread(target=reload_missing)
    waiting.start()
    wait_until(lambda: "missing" in registry.configs)
    interrupt(registry)
    waiting.join(LIMIT_S)
    assert [error.code for error in raised] == [code]


def test_a_model_that_comes_back_is_waited_for(registry: ModelRegistry, tmp_path: Path) -> None:
    add_version(tmp_path / "m", 1)
    serve(registry, config(tmp_path))
    registry.reload([], LIMIT_S)
    wait_until(lambda: states(registry, "m") == [(1, State.END)])
    remove_version(tmp_path / "m", 1)
    add_version(tmp_path / "m", 2)
    registry.reload([config(tmp_path)], LIMIT_S)
    assert states(registry, "m") == [(2, State.AVAILABLE), (1, State.END)]


def test_stop_unloads_everything(
    registry: ModelRegistry, loader: TextLoader, tmp_path: Path
) -> None:
    add_version(tmp_path / "a", 1)
    add_version(tmp_path / "b", 2)
    serve(registry, config(tmp_path, "a"), config(tmp_path, "b"))
    registry.stop(LIMIT_S)
    assert sorted(loader.events) == ["close 1", "close 2", "load 1", "load 2"]


def test_a_reload_after_the_stop_is_refused(registry: ModelRegistry, tmp_path: Path) -> None:
    registry.start()
    registry.stop(LIMIT_S)
    with pytest.raises(ServingError, match="The server is stopping") as caught:
        registry.reload([config(tmp_path)], LIMIT_S)
    assert caught.value.code is Code.UNAVAILABLE


def test_real_requests_never_fail_during_a_swap(
    real: ModelRegistry, exported: Path, tmp_path: Path
) -> None:
    copy_version(exported / "old" / "1", tmp_path / "m", 1)  # 4/2 + 2
    real.reload([ModelConfig("m", tmp_path / "m")], LIMIT_S)
    answers: list[float] = []
    seen: list[list[tuple[int, State]]] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            answers.append(answer(real))
            seen.append(states(real, "m"))

    asker = threading.Thread(target=ask)
    asker.start()
    copy_version(exported / "hp" / "2", tmp_path / "m", 2)  # 4/2 + 3
    wait_until(lambda: states(real, "m") == [(2, State.AVAILABLE), (1, State.END)])
    wait_until(lambda: answers[-1] == 5.0)
    done.set()
    asker.join()
    assert set(answers) == {4.0, 5.0}
    assert answers == sorted(answers)
    for versions in seen:
        leaving = {state for number, state in versions if number == 1} - {State.AVAILABLE}
        assert not leaving or (2, State.AVAILABLE) in versions


def test_a_broken_saved_model_leaves_the_old_one(
    real: ModelRegistry, exported: Path, tmp_path: Path
) -> None:
    base = tmp_path / "m"
    copy_version(exported / "old" / "1", base, 1)
    real.reload([ModelConfig("m", base)], LIMIT_S)
    (base / "4").mkdir()
    (base / "4" / "saved_model.pb").write_bytes(b"no graph")
    wait_until(lambda: states(real, "m") == [(4, State.END), (1, State.AVAILABLE)])
    status = repository_of(real, "m").statuses(4)[0]
    assert status.code is not Code.OK
    assert status.message
    assert answer(real) == 4.0


def test_deleting_the_newest_brings_the_previous_back(
    real: ModelRegistry, exported: Path, tmp_path: Path
) -> None:
    base = tmp_path / "m"
    copy_version(exported / "old" / "1", base, 1)
    copy_version(exported / "hp" / "2", base, 2)
    real.reload([ModelConfig("m", base)], LIMIT_S)
    assert answer(real) == 5.0
    remove_version(base, 2)
    wait_until(lambda: states(real, "m") == [(2, State.END), (1, State.AVAILABLE)])
    assert answer(real) == 4.0


def test_reloads_take_turns(registry: ModelRegistry, tmp_path: Path) -> None:
    """Twenty at once, each with another new model."""
    serve(registry)
    names = [f"m{number}" for number in range(20)]
    for name in names:
        add_version(tmp_path / name, 1)
    come = threading.Barrier(len(names), timeout=LIMIT_S)
    done: list[str] = []
    errors: list[ServingError] = []

    def reload(name: str) -> None:
        come.wait()
        try:
            registry.reload([config(tmp_path, name)])
            done.append(name)
        except ServingError as exc:
            errors.append(exc)

    clients = [threading.Thread(target=reload, args=(name,)) for name in names]
    for client in clients:
        client.start()
    for client in clients:
        client.join(LIMIT_S)
    assert [error.message for error in errors] == []
    assert sorted(done) == sorted(names)
    assert list(registry.configs) == [done[-1]]


def test_a_reload_waits_for_its_turn_no_longer_than_it_may(
    registry: ModelRegistry, loader: TextLoader, tmp_path: Path
) -> None:
    serve(registry)
    add_version(tmp_path / "slow", 1)
    loading, go_on = threading.Event(), threading.Event()

    def hold(_version: int) -> None:
        loading.set()
        go_on.wait(LIMIT_S)

    loader.before_load = hold
    first = threading.Thread(target=registry.reload, args=([config(tmp_path, "slow")],))
    first.start()
    assert loading.wait(LIMIT_S)
    with pytest.raises(DeadlineExceededError, match=r"^Timed out waiting for other changes to end"):
        registry.reload([], 0.01)
    assert list(registry.configs) == ["slow"]
    go_on.set()
    first.join(LIMIT_S)
    registry.reload([], LIMIT_S)
    assert list(registry.configs) == []


def test_a_reload_that_waits_in_vain_gives_way(
    registry: ModelRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.versions.registry._PATIENCE_S", 0.0)
    serve(registry)
    add_version(tmp_path / "right", 1)
    raised: list[ServingError] = []

    def reload_typo() -> None:
        try:
            registry.reload([config(tmp_path, "rihgt")])
        except ServingError as exc:
            raised.append(exc)

    first = threading.Thread(target=reload_typo)
    first.start()
    wait_until(lambda: "rihgt" in registry.configs)
    registry.reload([config(tmp_path, "right")], LIMIT_S)
    first.join(LIMIT_S)
    assert [error.code for error in raised] == [Code.ABORTED]
    assert "nothing to load: cannot look for versions" in raised[0].message
    assert states(registry, "right") == [(1, State.AVAILABLE)]


def test_reloads_that_wait_for_their_turn_end_with_the_server(
    registry: ModelRegistry, tmp_path: Path
) -> None:
    serve(registry)
    codes: list[Code] = []

    def reload_missing() -> None:
        try:
            registry.reload([config(tmp_path, "missing")])
        except ServingError as exc:
            codes.append(exc.code)

    clients = [threading.Thread(target=reload_missing) for _ in range(3)]
    for client in clients:
        client.start()
    wait_until(lambda: "missing" in registry.configs)
    registry.stop(LIMIT_S)
    for client in clients:
        client.join(LIMIT_S)
    assert codes == [Code.UNAVAILABLE] * 3
