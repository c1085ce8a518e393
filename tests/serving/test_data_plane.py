from pathlib import Path

import pytest

from serving.data_plane import DataPlane, ModelQuery, ModelSummary
from serving.errors import Code, InvalidArgumentError, NotFoundError
from serving.routing.router import Router, RoutingOptions
from serving.states import State, VersionStatus
from serving.versions.lifecycle import LifecycleOptions
from serving.versions.model_config import All, Latest, ModelConfig, Specific, VersionPolicy
from serving.versions.registry import ModelRegistry
from tests.serving.routing.plan_files import ab, put
from tests.serving.version_folders import LIMIT_S, TextLoader, add_version, remove_version

STATUSES = [VersionStatus(n, State.AVAILABLE, engine="tensorflow") for n in (2, 1)]


@pytest.fixture
def registry(tmp_path: Path) -> ModelRegistry:
    """Model `m` with versions 1 (labelled `stable`) and 2."""
    for number in (1, 2):
        add_version(tmp_path / "m", number)
    made = ModelRegistry(TextLoader(), LifecycleOptions(max_num_load_retries=0))
    made.apply([ModelConfig("m", tmp_path / "m", All(), {"stable": 1})], at_startup=True)
    made.poll()
    made.require_available()
    return made


@pytest.fixture
def plane(registry: ModelRegistry) -> DataPlane:
    return DataPlane(registry)


@pytest.mark.parametrize(
    ("query", "version"),
    [
        (ModelQuery("m"), 2),
        (ModelQuery("m", 1), 1),
        (ModelQuery("m", label="stable"), 1),
    ],
)
def test_the_version_asked_for(plane: DataPlane, query: ModelQuery, version: int) -> None:
    with plane.use(query) as model:
        assert model.version == version


class Session:
    """A request whose header is all that is asked of it."""

    def __init__(self, key: bytes) -> None:
        self.key = key

    def header(self, _name: str) -> bytes:
        return self.key

    def texts(self) -> list[bytes]:
        raise AssertionError("the texts are not needed")

    def content(self) -> bytes:
        raise AssertionError("the content is not needed")


def routed(registry: ModelRegistry, tmp_path: Path, shares: dict[int | str, float]) -> DataPlane:
    file = put(tmp_path / "traffic.json", ab("m", shares), ab("gone", {1: 50, 2: 50}))
    router = Router(RoutingOptions(file))
    router.read_first()
    return DataPlane(registry, router)


def versions(plane: DataPlane, *numbers: int) -> set[int]:
    """Return who answers sessions."""
    found = set()
    for number in numbers:
        with plane.use(ModelQuery("m"), Session(b"%d" % number)) as model:
            found.add(model.version)
    return found


def test_a_plan_chooses_where_the_request_does_not(registry: ModelRegistry, tmp_path: Path) -> None:
    plane = routed(registry, tmp_path, {2: 50, 1: 50})
    assert plane.shares_out
    assert versions(plane, *range(50)) == {1, 2}
    assert versions(plane, 7) == versions(plane, 7)
    for query, version in ((ModelQuery("m", 2), 2), (ModelQuery("m", label="stable"), 1)):
        for number in range(20):
            with plane.use(query, Session(b"%d" % number)) as model:
                assert model.version == version


def test_a_plan_may_name_labels(registry: ModelRegistry, tmp_path: Path) -> None:
    assert versions(routed(registry, tmp_path, {2: 0, "stable": 100}), 1, 2, 3) == {1}


@pytest.mark.parametrize("missing", [9, "unknown"])
def test_the_champion_answers_for_a_version_that_does_not_serve(
    registry: ModelRegistry, tmp_path: Path, missing: int | str
) -> None:
    assert versions(routed(registry, tmp_path, {1: 0, missing: 100}), 1, 2, 3) == {1}


def test_the_latest_answers_for_a_plan_of_which_nothing_serves(
    registry: ModelRegistry, tmp_path: Path
) -> None:
    assert versions(routed(registry, tmp_path, {8: 50, 9: 50}), *range(20)) == {2}


def test_what_asks_no_model_gets_the_champion(registry: ModelRegistry, tmp_path: Path) -> None:
    with routed(registry, tmp_path, {1: 0, 2: 100}).use(ModelQuery("m")) as model:
        assert model.version == 1


def test_a_plan_of_a_model_that_is_not_there_changes_nothing(
    registry: ModelRegistry, tmp_path: Path
) -> None:
    plane = routed(registry, tmp_path, {1: 50, 2: 50})
    with pytest.raises(NotFoundError, match=r"^Servable not found for request: Latest\(gone\)$"):
        plane.use(ModelQuery("gone"), Session(b"a"))


def test_a_routed_version_is_held_and_let_go(registry: ModelRegistry, tmp_path: Path) -> None:
    plane = routed(registry, tmp_path, {1: 0, 2: 100})
    repository = registry.repository("m")
    assert repository is not None
    with plane.use(ModelQuery("m"), Session(b"a")):
        assert repository._table._serving[2].in_flight == 1
    assert repository._table._serving[2].in_flight == 0


@pytest.mark.parametrize(
    ("query", "which"),
    [
        (ModelQuery("x"), r"Latest\(x\)"),
        (ModelQuery("x", 0), r"Specific\(x, 0\)"),
        (ModelQuery("m", 0), r"Specific\(m, 0\)"),
    ],
)
def test_unknown_models_and_versions(plane: DataPlane, query: ModelQuery, which: str) -> None:
    with (
        pytest.raises(NotFoundError, match=f"^Servable not found for request: {which}$"),
        plane.use(query),
    ):
        pass


@pytest.mark.parametrize("name", ["m", "x"])
def test_labels_are_checked_before_the_model(plane: DataPlane, name: str) -> None:
    with pytest.raises(InvalidArgumentError, match=r"^Unrecognized servable version label: l$"):
        plane.use(ModelQuery(name, label="l"))


def test_statuses(plane: DataPlane) -> None:
    assert plane.statuses(ModelQuery("m")) == STATUSES
    assert plane.statuses(ModelQuery("m", 1)) == STATUSES[1:]
    assert plane.statuses(ModelQuery("m", label="ignored")) == STATUSES


def test_statuses_of_unknown_models_and_versions(plane: DataPlane) -> None:
    with pytest.raises(NotFoundError, match=r"^Could not find any versions of model x$"):
        plane.statuses(ModelQuery("x", label="ignored"))
    with pytest.raises(NotFoundError, match=r"^Could not find version 7 of model m$"):
        plane.statuses(ModelQuery("m", 7))


def test_models(plane: DataPlane, registry: ModelRegistry, tmp_path: Path) -> None:
    assert plane.models() == [ModelSummary("m", {"stable": 1}, STATUSES)]
    registry.apply([ModelConfig("new", tmp_path / "new")])
    assert plane.models() == [ModelSummary("new", {}, [])]


def test_a_model_is_known_as_long_as_it_is_configured(
    plane: DataPlane, registry: ModelRegistry
) -> None:
    assert plane.knows("m")
    assert not plane.knows("x")
    registry.apply([])
    assert not plane.knows("m")


def test_a_model_that_a_change_adds_and_that_cannot_be_loaded_leaves_the_server_ready(
    plane: DataPlane, registry: ModelRegistry, tmp_path: Path
) -> None:
    assert plane.is_ready()
    names = ("m", "bad", "gone", "empty")
    registry.apply([ModelConfig(name, tmp_path / name) for name in names])
    add_version(tmp_path / "bad", 1, "bad")
    (tmp_path / "empty").mkdir()
    registry.poll()
    assert plane.statuses(ModelQuery("bad"))[0].code is Code.DATA_LOSS
    assert plane.is_ready()


def test_a_model_that_served_and_does_no_more_is_missed(
    plane: DataPlane, registry: ModelRegistry, tmp_path: Path
) -> None:
    add_version(tmp_path / "n", 1)
    both = [ModelConfig(name, tmp_path / name) for name in ("m", "n")]
    registry.apply(both)
    registry.poll()
    remove_version(tmp_path / "n", 1)
    registry.poll()
    assert plane.missed() == ["n"]
    registry.apply(both)  # the same once more
    registry.poll()
    assert plane.missed() == ["n"]
    registry.apply(both[:1])
    registry.poll()
    assert plane.is_ready()
    registry.apply(both)  # as new
    registry.poll()
    assert plane.is_ready()


@pytest.mark.parametrize("policy", [Latest(), Specific((99,))])
def test_a_model_whose_configuration_goes_wrong_leaves_the_server_ready(
    plane: DataPlane, registry: ModelRegistry, tmp_path: Path, policy: VersionPolicy
) -> None:
    add_version(tmp_path / "n", 1)
    good = [ModelConfig(name, tmp_path / name) for name in ("m", "n")]
    registry.apply(good)
    registry.poll()
    (tmp_path / "typo").mkdir()
    registry.apply([good[0], ModelConfig("n", tmp_path / "typo", policy)])
    registry.poll()
    assert plane.statuses(ModelQuery("n"))[0].state is State.END
    assert plane.is_ready()


def test_a_server_whose_only_models_cannot_be_loaded_is_not_ready(
    plane: DataPlane, registry: ModelRegistry, tmp_path: Path
) -> None:
    registry.apply([ModelConfig("gone", tmp_path / "gone")])
    registry.poll()
    assert plane.missed() == ["gone"]


def test_models_of_which_no_version_is_asked_for_are_not_missed(
    plane: DataPlane, registry: ModelRegistry, tmp_path: Path
) -> None:
    registry.apply([ModelConfig("m", tmp_path / "m", Specific(()))])
    registry.poll()
    assert plane.is_ready()
    registry.apply([])
    registry.poll()
    assert plane.is_ready()


def test_reload(plane: DataPlane, registry: ModelRegistry, tmp_path: Path) -> None:
    registry.start()
    add_version(tmp_path / "n", 5)
    plane.reload([ModelConfig("n", tmp_path / "n")], LIMIT_S)
    with plane.use(ModelQuery("n")) as model:
        assert (model.name, model.version) == ("n", 5)
    registry.stop(LIMIT_S)
