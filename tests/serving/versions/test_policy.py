import gc
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.observing.observer import Observers
from serving.states import State
from serving.versions.lifecycle import LifecycleOptions, VersionLoader
from serving.versions.model_config import All, Latest, ModelConfig, Specific, VersionPolicy
from serving.versions.policy import Load, Unload, choose, missing, next_action
from serving.versions.repository import ModelRepository
from tests.serving.version_folders import TextLoader, add_version, remove_version, replace_graph

FOUND = {number: Path(f"/m/{number}") for number in (17, 30, 42)}


def keys(*numbers: int) -> frozenset[tuple[int, Path]]:
    return frozenset((number, Path(f"/m/{number}")) for number in numbers)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Latest(), keys(42)),
        (Latest(2), keys(42, 30)),
        (Latest(9), keys(42, 30, 17)),
        (Latest(0), keys(42)),
        (All(), keys(17, 30, 42)),
        (Specific((17, 99)), keys(17)),
        (Specific(()), keys()),
    ],
)
def test_choice(policy: VersionPolicy, expected: frozenset[tuple[int, Path]]) -> None:
    assert choose(policy, FOUND) == expected


@pytest.mark.parametrize("policy", [Latest(), All(), Specific((1,))])
def test_nothing_to_choose_from(policy: VersionPolicy) -> None:
    assert choose(policy, {}) == keys()


@pytest.mark.parametrize("policy", [Latest(), Specific((99,)), Specific(())])
def test_versions_that_are_kept_are_wanted_beside_the_policy(policy: VersionPolicy) -> None:
    lowest = min(FOUND)
    assert choose(policy, FOUND, {lowest, 99}) == choose(policy, FOUND) | {(lowest, FOUND[lowest])}
    assert missing(Latest(), FOUND, {lowest, 99}) == [99]


def test_missing_versions() -> None:
    assert missing(Specific((99, 17, 5)), FOUND) == [5, 99]
    assert missing(Latest(9), FOUND) == []


def load(number: int) -> Load:
    return Load((number, Path(f"/m/{number}")))


def unload(number: int) -> Unload:
    return Unload((number, Path(f"/m/{number}")))


@pytest.mark.parametrize(
    ("wanted", "ready", "loadable", "expected"),
    [
        ((), (), (), None),
        ((2,), (1,), (2,), load(2)),  # the new one first
        ((2,), (1, 2), (), unload(1)),
        ((2,), (1,), (), None),  # 2 has failed: 1 stays
        ((3,), (1, 2), (3,), unload(1)),  # one of two unwanted is enough
        ((3, 4), (1, 3), (4,), unload(1)),  # a wanted one serves already
        ((3, 4), (), (3, 4), load(4)),  # the highest first
        ((), (1, 2), (), unload(1)),  # nothing is wanted; the lowest first
        ((1,), (1,), (), None),
    ],
)
def test_next_action(
    wanted: Sequence[int],
    ready: Sequence[int],
    loadable: Sequence[int],
    expected: Load | Unload | None,
) -> None:
    assert next_action(keys(*wanted), keys(*ready), keys(*loadable)) == expected


def test_the_same_number_in_another_folder_is_another_version() -> None:
    old, new = (1, Path("/old/1")), (1, Path("/new/1"))
    assert next_action({new}, {old}, {new}) == Load(new)
    assert next_action({new}, {old, new}, frozenset()) == Unload(old)


@dataclass(frozen=True)
class Step:
    """What is on disk and asked for from some moment on."""

    good: frozenset[int]
    broken: frozenset[int]
    policy: VersionPolicy

    @property
    def found(self) -> dict[int, Path]:
        return {number: Path() for number in self.good | self.broken}

    @property
    def wanted(self) -> set[int]:
        return {number for number, _folder in choose(self.policy, self.found)}


_numbers = st.integers(1, 5)
_policies: st.SearchStrategy[VersionPolicy] = st.one_of(
    st.just(All()),
    st.integers(1, 3).map(Latest),
    st.lists(_numbers, max_size=3).map(lambda numbers: Specific(tuple(numbers))),
)
_steps = st.builds(
    lambda good, broken, policy: Step(good, broken - good, policy),
    st.frozensets(_numbers),
    st.frozensets(_numbers),
    _policies,
)


class Followed:
    """A repository over real folders; checks at every load and unload that the model serves on."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.loader = TextLoader()
        self.repository = ModelRepository(
            "m",
            VersionLoader(self.loader, Observers()),
            LifecycleOptions(max_num_load_retries=0),
        )
        self.must_serve = False
        self.loader.before_load = self.loader.before_close = self._check

    def go(self, step: Step) -> None:
        for number in range(1, 6):
            self._put(number, step)
        self.must_serve = bool(self.ready() and step.wanted)
        self.repository.configure(ModelConfig("m", self.base, step.policy))
        self.repository.poll()

    def ready(self) -> set[int]:
        return {
            status.version
            for status in self.repository.known_statuses()
            if status.state is State.AVAILABLE
        }

    def _put(self, number: int, step: Step) -> None:
        if number not in step.found and (self.base / str(number)).exists():
            remove_version(self.base, number)
        graph = "good" if number in step.good else "bad"
        if number in step.found:
            if not (self.base / str(number)).exists():
                add_version(self.base, number)
            replace_graph(self.base / str(number), graph)

    def _check(self, _version: int) -> None:
        assert self.repository.is_available() or not self.must_serve


@pytest.fixture
def _small_heap() -> Iterator[None]:
    """An unload collects garbage: with what other tests have imported, for more than a second."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("_small_heap")
@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(_steps, min_size=1, max_size=6))
def test_a_model_that_serves_goes_on_serving(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as base:
        followed = Followed(Path(base))
        for step in steps:
            followed.go(step)
            ready = followed.ready()
            assert ready or not followed.must_serve
            assert len(ready) <= len(step.wanted) + 1
            assert step.wanted & step.good <= ready
            for status in followed.repository.known_statuses():
                assert status.state in {State.AVAILABLE, State.END}
            if step.wanted <= step.good:
                assert ready == step.wanted
